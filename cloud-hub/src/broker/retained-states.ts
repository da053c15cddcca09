import { Readable } from 'node:stream';
import type { Aedes } from 'aedes';

type RetainedPacket = { topic: string; payload: string | Uint8Array };

/** What aedes asks of the part of its persistence that keeps retained messages. */
interface RetainedStore {
  storeRetained(packet: RetainedPacket): Promise<void>;
  createRetainedStream(topic: string): Readable;
  createRetainedStreamCombi(topics: readonly string[]): Readable;
}

/**
 * Keeps retained messages by topic. aedes itself tries every one of them against each new subscription, which a wildcard would need; stations
 * subscribe to whole topics only (`maySubscribe`), and ten thousand that come back at once would each look through ten thousand states.
 */
export function keepRetainedByTopic(broker: Aedes): void {
  const retained = new Map<string, RetainedPacket>();
  const streamOf = (topics: readonly string[]): Readable =>
    Readable.from(topics.flatMap((topic) => retained.get(topic) ?? []));
  const store: RetainedStore = {
    async storeRetained(packet) {
      // An empty one takes back what was retained (MQTT 3.1.1, section 3.3.1.3).
      if (packet.payload.length === 0) retained.delete(packet.topic);
      else retained.set(packet.topic, { ...packet });
    },
    createRetainedStream: (topic) => streamOf([topic]),
    createRetainedStreamCombi: streamOf,
  };
  Object.assign((broker as unknown as { persistence: RetainedStore }).persistence, store);
}
