import { createServer, type Server, type Socket } from 'node:net';
import {
  type CommandResultData,
  controlTopic,
  infoTopic,
  MSG_TYPE,
  parseUplink,
  type StationState,
  type SwapEvent,
  stateTopic,
  type UplinkEnvelope,
} from '@voltbay/protocol';
import { Aedes } from 'aedes';

/**
 * A real broker with a hub of few words: it records what a station sends, acknowledges it as told, and publishes what a test says.
 * `ack` false drops the acknowledgements.
 */
export async function createScriptedHub(device: string, options: { port?: number } = {}) {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  const messages: UplinkEnvelope[] = [];
  const bad: string[] = [];
  const states: StationState[] = [];
  const stored = new Map<string, UplinkEnvelope>();
  const behaviour = {
    ack: true,
    refuse: new Map<number, string>(),
    /** Numbers whose next message is left out as if it had never come. */
    overlook: new Set<number>(),
  };
  const waiters = new Set<() => void>();

  const publish = (topic: string, payload: string | Uint8Array, retain = false): Promise<void> =>
    new Promise((resolve, reject) => {
      broker.publish(
        { cmd: 'publish', qos: 1, dup: false, retain, topic, payload: Buffer.from(payload) },
        (error) => (error ? reject(error) : resolve()),
      );
    });

  broker.on('publish', (packet, client) => {
    if (!client) return;
    const text = packet.payload.toString();
    if (packet.topic === stateTopic(device)) states.push(JSON.parse(text) as StationState);
    if (packet.topic === infoTopic(device) || packet.topic === 'info') {
      const parsed = parseUplink(text);
      if (!parsed.ok) bad.push(`${parsed.detail}: ${text.slice(0, 300)}`);
      else {
        messages.push(parsed.envelope);
        const { epoch = -1, seq = -1 } = parsed.envelope;
        if (behaviour.overlook.delete(seq)) return;
        if (!behaviour.refuse.has(seq)) stored.set(`${epoch}:${seq}`, parsed.envelope);
        if (behaviour.ack) acknowledge(epoch, seq);
      }
    }
    for (const waiter of waiters) waiter();
  });

  /** Contiguous from 0 as far as known, the rest by name. */
  function acknowledge(epoch: number, seq: number): void {
    let upTo = -1;
    while (stored.has(`${epoch}:${upTo + 1}`) || behaviour.refuse.has(upTo + 1)) upTo += 1;
    const code = behaviour.refuse.get(seq);
    const data = {
      epoch,
      upTo: code === undefined ? upTo : -1,
      ...(code === undefined ? { also: [seq] } : { refused: [{ seq, code }] }),
      hubTime: new Date().toISOString(),
    };
    void publish(
      controlTopic(device),
      JSON.stringify({ device, type: MSG_TYPE.SERVER_ACK, data, time: new Date().toISOString() }),
    );
  }

  async function until<T>(
    look: () => T | undefined | null | false,
    what: string,
    timeoutMs = 45_000,
  ): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = look();
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}; bad: ${bad.join(' | ')}`);
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiters.delete(done);
          resolve();
        };
        const timer = setTimeout(done, 50);
        waiters.add(done);
      });
    }
  }

  const all = (): UplinkEnvelope[] =>
    [...stored.values()].sort((a, b) => (a.epoch ?? 0) - (b.epoch ?? 0) || (a.seq ?? 0) - (b.seq ?? 0));
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    broker,
    messages,
    bad,
    states,
    stored,
    behaviour,
    publish,
    until,
    results: (commandId: string): CommandResultData[] =>
      all()
        .filter(({ type }) => type === MSG_TYPE.COMMAND_RESULT)
        .map(({ data }) => data as CommandResultData)
        .filter((result) => result.commandId === commandId),
    swapEvents: (): SwapEvent[] =>
      all()
        .filter(
          ({ type, data }) => type === MSG_TYPE.STATION_EVENT && (data as { kind?: string }).kind === 'swap',
        )
        .map(({ data }) => data as SwapEvent),
    events: (kind: string): Record<string, unknown>[] =>
      all()
        .filter(
          ({ type, data }) => type === MSG_TYPE.STATION_EVENT && (data as { kind?: string }).kind === kind,
        )
        .map(({ data }) => data as Record<string, unknown>),
    infos: (): UplinkEnvelope[] => all().filter(({ type }) => type === MSG_TYPE.STATION_INFO),
    command: (type: number, data: unknown, extra: Record<string, unknown> = {}): Promise<void> =>
      publish(
        controlTopic(device),
        JSON.stringify({ device, type, data, time: new Date().toISOString(), ...extra }),
      ),
    cutConnections(): void {
      for (const socket of sockets) socket.destroy();
    },
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
export type ScriptedHub = Awaited<ReturnType<typeof createScriptedHub>>;
