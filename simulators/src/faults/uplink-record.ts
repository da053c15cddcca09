import { stateTopic } from '@voltbay/protocol';
import { mqttPublishPayload, mqttPublishTopic } from './mqtt-packets.js';
import type { Direction } from './tcp-proxy.js';

/** What passed between one station and its broker, as a witness between them sees it. */
export type UplinkRecord = {
  /** Looks at one MQTT packet on its way. */
  see(packet: Buffer, direction: Direction): void;
  /** Messages that the station sent, by `epoch/seq`; `data` is the text of the first sending, `times` how often it was sent. */
  readonly sent: ReadonlyMap<string, SentMessage>;
  /** `epoch/seq` of every message that a SERVER_ACK covered when it came by. */
  readonly acknowledged: ReadonlySet<string>;
  /** Messages that were sent again with other words: never right. */
  readonly changed: readonly string[];
  /** How many births of the station came by. */
  sessions(): number;
  /** First sendings that came behind a later message of their own session and lane (live or historical). */
  readonly outOfOrder: readonly string[];
};

export type SentMessage = {
  epoch: number;
  seq: number;
  type: number;
  id: string;
  data: unknown;
  times: number;
};

const SERVER_ACK = 20;

export const uplinkKey = (epoch: number, seq: number): string => `${epoch}/${seq}`;

/** A witness for the station's topics; feed it every packet that is let through. */
export function createUplinkRecord(device: string): UplinkRecord {
  const sent = new Map<string, SentMessage>();
  const acknowledged = new Set<string>();
  const changed: string[] = [];
  const outOfOrder: string[] = [];
  let sessions = 0;
  let newest = new Map<boolean, [epoch: number, seq: number]>();

  function inOrder(epoch: number, seq: number, historical: boolean): boolean {
    const [lastEpoch, lastSeq] = newest.get(historical) ?? [-1, -1];
    const follows = epoch > lastEpoch || (epoch === lastEpoch && seq > lastSeq);
    if (follows) newest.set(historical, [epoch, seq]);
    return follows;
  }

  function uplink(message: Record<string, unknown>): void {
    const { epoch, seq, type, id, data } = message;
    if (typeof epoch !== 'number' || typeof seq !== 'number') return;
    const key = uplinkKey(epoch, seq);
    const before = sent.get(key);
    if (!before) {
      if (!inOrder(epoch, seq, message.historical === true)) outOfOrder.push(key);
      sent.set(key, { epoch, seq, type: Number(type), id: String(id), data, times: 1 });
      return;
    }
    before.times += 1;
    if (before.id !== id || JSON.stringify(before.data) !== JSON.stringify(data)) changed.push(key);
  }

  function acknowledgement(data: { epoch?: number; upTo?: number; also?: number[] }): void {
    const { epoch, upTo = -1, also = [] } = data;
    if (epoch === undefined) return;
    for (const { epoch: of, seq } of sent.values())
      if (of === epoch && (seq <= upTo || also.includes(seq))) acknowledged.add(uplinkKey(of, seq));
  }

  return {
    sent,
    acknowledged,
    changed,
    outOfOrder,
    sessions: () => sessions,
    see(packet, direction) {
      const topic = mqttPublishTopic(packet);
      if (topic === stateTopic(device) && direction === 'to-server') {
        sessions += 1;
        newest = new Map();
      }
      const wanted = direction === 'to-server' ? `info/${device}` : `control/${device}`;
      if (topic !== wanted) return;
      const message = parse(mqttPublishPayload(packet));
      if (!message) return;
      if (direction === 'to-server') uplink(message);
      else if (message.type === SERVER_ACK) acknowledgement(message.data as Record<string, never>);
    },
  };
}

function parse(payload: Buffer | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(payload?.toString('utf8') ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
