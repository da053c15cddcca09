import type { PackSnapshot } from '../../physics/pack.js';
import type { Random } from '../../random.js';
import type { SerialAnswer, SerialDevice, WiredPack } from '../device.js';
import { spoil } from '../wire-noise.js';
import {
  alarmInfo,
  analogBlock,
  analogInfo,
  firmwareInfo,
  managementInfo,
  manufacturerInfo,
  serialNumberInfo,
  systemParameterInfo,
} from './answers.js';
import { type AsciiRequest, createLineReceiver, encodeAnswer, parseRequest } from './frame.js';

const VER = 0x20;
const CID1 = 0x46;
const ALL_PACKS = 0xff;
const RTN = {
  ok: 0x00,
  version: 0x01,
  checksum: 0x02,
  lengthChecksum: 0x03,
  cid2: 0x04,
  format: 0x05,
  data: 0x06,
  adr: 0x90,
};
/** What real packs take before they answer. */
const TURNAROUND_MS = 8;

export interface PylontechBusOptions {
  /** The pack that answers at an address now, if any. */
  packAt(address: number): WiredPack | undefined;
  /** Addresses at which a pack may stand, ascending; the lowest present one is the master. */
  addresses(): readonly number[];
  random: Random;
  /** True when the RS-485 adapter returns what is sent. */
  echo(): boolean;
}

type Reply = { rtn: number; info?: Uint8Array };
type Handler = (request: AsciiRequest, self: PackSnapshot, peers: Peers) => Reply;

interface Peers {
  all(): readonly PackSnapshot[];
  at(address: number): PackSnapshot | undefined;
}

/** Commands that name a pack: INFO holds the number in its last byte (some masters send two bytes). */
function forNumberedPack(build: (number: number, pack: PackSnapshot) => Uint8Array): Handler {
  return (request, self, peers) => {
    const number = request.info.at(-1);
    if (number === undefined || request.info.length > 2) return { rtn: RTN.format };
    const pack = number === request.adr ? self : peers.at(number);
    return pack ? { rtn: RTN.ok, info: build(number, pack) } : { rtn: RTN.data };
  };
}

const HANDLERS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [0x4f, () => ({ rtn: RTN.ok })],
  [0x51, (_request, self) => ({ rtn: RTN.ok, info: manufacturerInfo(self) })],
  [0x47, (_request, self) => ({ rtn: RTN.ok, info: systemParameterInfo(self) })],
  [0x44, forNumberedPack(alarmInfo)],
  [0x92, forNumberedPack(managementInfo)],
  [0x93, forNumberedPack(serialNumberInfo)],
  [0x96, forNumberedPack(firmwareInfo)],
  [
    0x42,
    (request, self, peers) => {
      if (request.info.at(-1) === ALL_PACKS) {
        const packs = peers.all();
        return {
          rtn: RTN.ok,
          info: analogInfo(
            packs.length,
            packs.map((pack) => analogBlock(pack)),
          ),
        };
      }
      return forNumberedPack((number, pack) => analogInfo(number, [analogBlock(pack)]))(request, self, peers);
    },
  ],
]);

/** Many Pylontech packs on one RS-485 pair; a request whose address nobody has stays unanswered. */
export function createPylontechBus(options: PylontechBusOptions): SerialDevice {
  const receiveLines = createLineReceiver();

  const peers: Peers = {
    at: (address) => options.packAt(address)?.pack.snapshot(),
    all: () =>
      options.addresses().flatMap((address) => {
        const wired = options.packAt(address);
        return wired && !wired.faults.silent ? [wired.pack.snapshot()] : [];
      }),
  };

  function answerTo(line: string): SerialAnswer | undefined {
    const result = parseRequest(line);
    if (!result.ok && result.reason === 'not-a-frame') return undefined;
    const header = result.ok ? result.request : result;
    const wired = options.packAt(header.adr);
    if (!wired) return undefined;
    const reply = replyTo(result, wired.pack.snapshot());
    const frame = encodeAnswer({ ver: VER, adr: header.adr, cid1: CID1, rtn: reply.rtn }, reply.info);
    const bytes = spoil(frame, wired.faults, options.random);
    return bytes && { bytes, turnaroundMs: TURNAROUND_MS };
  }

  function replyTo(result: ReturnType<typeof parseRequest>, self: PackSnapshot): Reply {
    if (!result.ok) return { rtn: result.reason === 'length' ? RTN.lengthChecksum : RTN.checksum };
    const { request } = result;
    if (request.ver !== VER) return { rtn: RTN.version };
    const handler = request.cid1 === CID1 ? HANDLERS.get(request.cid2) : undefined;
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
