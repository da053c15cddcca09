import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * One MQTT 3.1.1 connection that does what QoS 1 asks for and nothing else (OASIS MQTT 3.1.1, sections 3.1 to 3.9). Packets are made before
 * they are sent, and many leave in one write: a load generator shares the processors with what it measures.
 */
export interface UplinkLine {
  /** QoS 1; resolves with the broker's answer. */
  subscribe(topic: string): Promise<void>;
  /** Messages as they go over the wire, in order. */
  prepare(messages: readonly { topic: string; payload: string; retain?: boolean }[]): PreparedPackets;
  /** Sends them behind what is on its way, never more than a window unconfirmed; resolves when the broker has taken all of them. */
  send(packets: PreparedPackets): Promise<void>;
  close(): Promise<void>;
}

export interface PreparedPackets {
  readonly bytes: Buffer;
  /** Where each packet ends in `bytes`. */
  readonly ends: readonly number[];
}

/** Publishes that wait for their PUBACK: what the agent's window is. */
const WINDOW = 64;
const MAX_PACKET_ID = 65_535;
/** First byte of a packet: its kind and flags. */
const CONNECT = 0x10;
const CONNACK = 0x20;
const PUBLISH = 0x30;
const QOS_1 = 0x02;
const RETAIN = 0x01;
const PUBACK = 0x40;
const SUBSCRIBE = 0x82;
const SUBACK = 0x90;
const DISCONNECT = 0xe0;

export async function openUplinkLine(options: {
  /** `mqtt://host:port` */
  url: string;
  clientId: string;
  onMessage?: (payload: Buffer) => void;
}): Promise<UplinkLine> {
  const { hostname, port } = new URL(options.url);
  const socket = connect({ host: hostname, port: Number(port || 1883), noDelay: true });
  await once(socket, 'connect');

  const jobs: { packets: PreparedPackets; resolve: () => void; next: number; confirmed: number }[] = [];
  let nextId = 1;
  let unconfirmed = 0;
  let rest = Buffer.alloc(0);
  let answered: ((packet: Buffer) => void) | null = null;
  let closing = false;

  /** As many packets as the window has room for, those of one job in one write. */
  function fill(): void {
    for (const job of jobs) {
      const { bytes, ends } = job.packets;
      const count = Math.min(WINDOW - unconfirmed, ends.length - job.next);
      if (count > 0) socket.write(bytes.subarray(ends[job.next - 1] ?? 0, ends[job.next + count - 1]));
      job.next += Math.max(0, count);
      unconfirmed += Math.max(0, count);
      if (unconfirmed >= WINDOW) return;
    }
  }

  /** The broker confirms in the order of sending. */
  function confirm(count: number): void {
    unconfirmed -= count;
    for (let left = count; left > 0; ) {
      const job = jobs[0];
      if (!job) throw new Error('the broker confirms what was not sent');
      const own = Math.min(left, job.packets.ends.length - job.confirmed);
      job.confirmed += own;
      left -= own;
      if (job.confirmed === job.packets.ends.length) jobs.shift()?.resolve();
    }
    fill();
  }

  socket.on('data', (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let confirmedNow = 0;
    let at = 0;
    const answers: number[] = [];
    for (;;) {
      const packet = packetAt(rest, at);
      if (!packet) break;
      const { kind, from, end } = packet;
      if (kind === PUBACK) confirmedNow++;
      else if ((kind & 0xf0) === PUBLISH) {
        const afterTopic = from + 2 + rest.readUInt16BE(from);
        const confirmable = (kind & QOS_1) !== 0;
        if (confirmable) answers.push(PUBACK, 2, rest[afterTopic] ?? 0, rest[afterTopic + 1] ?? 0);
        options.onMessage?.(rest.subarray(afterTopic + (confirmable ? 2 : 0), end));
      } else if (kind === CONNACK || kind === SUBACK) answered?.(rest.subarray(from, end));
      at = end;
    }
    rest = rest.subarray(at);
    if (answers.length > 0) socket.write(Buffer.from(answers));
    if (confirmedNow > 0) confirm(confirmedNow);
  });
  const lost = new Promise<never>((_resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => {
      if (!closing) reject(new Error(`the broker closed the connection of ${options.clientId}`));
    });
  });
  // Whoever waits for something hears of it.
  lost.catch(() => undefined);

  async function ask(packet: Buffer): Promise<Buffer> {
    const answer = new Promise<Buffer>((resolve) => {
      answered = resolve;
    });
    socket.write(packet);
    return Promise.race([answer, lost]);
  }

  const id = (): Buffer => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(nextId);
    nextId = nextId === MAX_PACKET_ID ? 1 : nextId + 1;
    return bytes;
  };

  // Protocol level 4, a clean session, no keep-alive: a side waits while the other one is measured.
  const protocol = Buffer.concat([text('MQTT'), Buffer.from([4, 2, 0, 0])]);
  const connack = await ask(packetOf(CONNECT, protocol, text(options.clientId)));
  if (connack[1] !== 0) throw new Error(`the broker refuses ${options.clientId} with code ${connack[1]}`);

  return {
    async subscribe(topic) {
      const suback = await ask(packetOf(SUBSCRIBE, id(), text(topic), Buffer.from([1])));
      if (suback[2] !== 1) throw new Error(`the broker refuses the subscription of ${topic}`);
    },
    prepare(messages) {
      const ends: number[] = [];
      let size = 0;
      const packets = messages.map(({ topic, payload, retain }) => {
        const kind = PUBLISH | QOS_1 | (retain ? RETAIN : 0);
        const packet = packetOf(kind, text(topic), id(), Buffer.from(payload));
        size += packet.length;
        ends.push(size);
        return packet;
      });
      return { bytes: Buffer.concat(packets), ends };
    },
    send: (packets) =>
      Promise.race([
        lost,
        new Promise<void>((resolve) => {
          if (packets.ends.length === 0) return resolve();
          jobs.push({ packets, resolve, next: 0, confirmed: 0 });
          fill();
        }),
      ]),
    async close() {
      closing = true;
      socket.end(Buffer.from([DISCONNECT, 0]));
      if (!socket.closed) await once(socket, 'close');
    },
  };
}

/** Where the packet at `at` lies; null when it is not there as a whole yet. */
function packetAt(bytes: Buffer, at: number): { kind: number; from: number; end: number } | null {
  let length = 0;
  for (let digit = 0; digit < 4; digit++) {
    const byte = bytes[at + 1 + digit];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 128 ** digit;
    if (byte >= 0x80) continue;
    const from = at + 2 + digit;
    return from + length <= bytes.length ? { kind: bytes[at] ?? 0, from, end: from + length } : null;
  }
  throw new Error('the broker sent a packet without a length');
}

function packetOf(kind: number, ...parts: readonly Buffer[]): Buffer {
  const head = [kind];
  let length = parts.reduce((sum, part) => sum + part.length, 0);
  do {
    const more = length >= 128;
    head.push((length % 128) | (more ? 0x80 : 0));
    length = Math.floor(length / 128);
  } while (length > 0);
  return Buffer.concat([Buffer.from(head), ...parts]);
}

/** UTF-8 with its length before it. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
