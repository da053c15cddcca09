import type { PackSnapshot } from '../../physics/pack.js';
import type { Random } from '../../random.js';
import type { SerialAnswer, SerialDevice, WiredPack } from '../device.js';
import { spoil } from '../wire-noise.js';
import { type AsciiRequest, createLineReceiver, encodeAnswer, parseRequest } from './frame.js';

/** Return codes of the `~…\r` family. */
export const RTN = {
  ok: 0x00,
  version: 0x01,
  checksum: 0x02,
  lengthChecksum: 0x03,
  cid2: 0x04,
  format: 0x05,
  data: 0x06,
} as const;

export interface AsciiReply {
  readonly rtn: number;
  readonly info?: Uint8Array;
}

/** The other packs on the bus, for commands that a master answers for all. */
export interface BusPeers {
  all(): readonly PackSnapshot[];
  at(address: number): PackSnapshot | undefined;
}

export type AsciiHandler = (request: AsciiRequest, self: PackSnapshot, peers: BusPeers) => AsciiReply;

/** What one make of packs speaks within the common frame. */
export interface AsciiDialect {
  readonly ver: number;
  readonly cid1: number;
  /** Takes requests whose LENGTH is written as some tools do. */
  readonly lenientLength: boolean;
  /** What a pack takes before it answers. */
  readonly turnaroundMs: number;
  readonly commands: ReadonlyMap<number, AsciiHandler>;
}

export interface AsciiBusOptions {
  dialect: AsciiDialect;
  /** The pack that answers at an address now, if any. */
  packAt(address: number): WiredPack | undefined;
  /** Addresses at which a pack may stand, ascending. */
  addresses: readonly number[];
  random: Random;
  /** True when the RS-485 adapter returns what is sent. */
  echo(): boolean;
}

/** Many packs on one RS-485 pair; a request whose address nobody has stays unanswered. */
export function createAsciiBus(options: AsciiBusOptions): SerialDevice {
  const { dialect } = options;
  const receiveLines = createLineReceiver();

  const peers: BusPeers = {
    at: (address) => options.packAt(address)?.pack.snapshot(),
    all: () =>
      options.addresses.flatMap((address) => {
        const wired = options.packAt(address);
        return wired && !wired.faults.silent ? [wired.pack.snapshot()] : [];
      }),
  };

  function answerTo(line: string): SerialAnswer | undefined {
    const result = parseRequest(line, dialect.lenientLength);
    if (!result.ok && result.reason === 'not-a-frame') return undefined;
    const header = result.ok ? result.request : result;
    const wired = options.packAt(header.adr);
    if (!wired) return undefined;
    const reply = replyTo(result, wired.pack.snapshot());
    const { ver, cid1 } = dialect;
    const frame = encodeAnswer({ ver, adr: header.adr, cid1, rtn: reply.rtn }, reply.info);
    const bytes = spoil(frame, wired.faults, options.random);
    return bytes && { bytes, turnaroundMs: dialect.turnaroundMs };
  }

  function replyTo(result: ReturnType<typeof parseRequest>, self: PackSnapshot): AsciiReply {
    if (!result.ok) return { rtn: result.reason === 'length' ? RTN.lengthChecksum : RTN.checksum };
    const { request } = result;
    if (request.ver !== dialect.ver) return { rtn: RTN.version };
    const handler = request.cid1 === dialect.cid1 ? dialect.commands.get(request.cid2) : undefined;
    return handler ? handler(request, self, peers) : { rtn: RTN.cid2 };
  }

  return {
    receive(bytes) {
      const answers: SerialAnswer[] = [];
      if (options.echo()) answers.push({ bytes: Uint8Array.from(bytes), turnaroundMs: 0 });
      for (const line of receiveLines(bytes)) {
        const answer = answerTo(line);
        if (answer) answers.push(answer);
      }
      return answers;
    },
  };
}
