import { toHex } from '../../bytes/index.js';
import { emptyReading, mergeReadings, type PackReading } from '../../domain/reading.js';
import {
  ALL_PACKS,
  inferAnswer,
  interpretAnswer,
  type PylontechAnswer,
  pylontechCommand,
  readingPart,
} from '../pylontech/index.js';
import { socPctOf } from '../soc.js';
import { type AsciiAnswer, type AsciiDialect, readAsciiSession, unknownFrameInfo } from './ascii-capture.js';
import type { CaptureInfo, CaptureInput, CaptureOutcome } from './case.js';

const DIALECT: AsciiDialect<PylontechAnswer> = {
  versions: [0x20],
  cid1: [0x46],
  interpret: (code, frame) => {
    const command = pylontechCommand(code);
    return command && interpretAnswer(command, frame);
  },
  infer: inferAnswer,
};

/** Decodes a Pylontech capture. Packs are told apart by their numbers; answers without a number belong to the first. */
export function decodePylontechCapture(input: CaptureInput): CaptureOutcome {
  const { answers, others, failures } = readAsciiSession(input, DIALECT);
  const packs = new Map<number, PackReading>();
  for (const answer of answers) addAnalog(packs, answer);
  const hasAnalog = packs.size > 0;

  const info: CaptureInfo = unknownFrameInfo(others);
  for (const { answer, frame } of answers) {
    if (answer.command === 'analog') {
      info.infoFlag = answer.infoFlag;
      continue;
    }
    const { command: _, ...values } = answer;
    Object.assign(info, values);
    if (answer.command === 'systemManagement' || answer.command === 'systemAnalog') {
      info.frameOk = true;
      info.infoHex = toHex(frame.info);
    }
    addPart(packs, answer, hasAnalog);
  }
  const found = [...packs.values()];
  Object.assign(info, systemSoc(found));
  return {
    decoded: answers.length + others.length,
    ...(found.length === 1 && found[0] && { reading: found[0] }),
    ...(hasAnalog && { packs: found }),
    info,
    failures,
  };
}

function addAnalog(
  packs: Map<number, PackReading>,
  { answer, frame, request }: AsciiAnswer<PylontechAnswer>,
): void {
  if (answer.command !== 'analog') return;
  const asked = request?.info[0];
  const first = asked === undefined || asked === ALL_PACKS ? frame.address : asked;
  for (const [i, reading] of answer.packs.entries()) {
    packs.set(first + i, mergeReadings([packs.get(first + i) ?? emptyReading(), reading]));
  }
}

function addPart(packs: Map<number, PackReading>, answer: PylontechAnswer, hasAnalog: boolean): void {
  const part = readingPart(answer);
  if (!part) return;
  const [firstKey] = packs.keys();
  const numbered = 'pack' in answer ? answer.pack : undefined;
  const key =
    numbered !== undefined && (packs.has(numbered) || packs.size !== 1) ? numbered : (firstKey ?? 0);
  const pack = packs.get(key);
  // A number that no analog answer knew is not a pack of its own beside those that are.
  if (!pack && hasAnalog) return;
  packs.set(key, mergeReadings([pack ?? emptyReading(), { ...emptyReading(), ...part }]));
}

function systemSoc(packs: readonly PackReading[]): CaptureInfo {
  const known = packs.filter((pack) => pack.remainingMah !== undefined && pack.capacityMah !== undefined);
  if (known.length < 2 || known.length !== packs.length) return {};
  const total = (pick: (pack: PackReading) => number | undefined): number =>
    known.reduce((sum, pack) => sum + (pick(pack) ?? 0), 0);
  const socPct = socPctOf(
    total((pack) => pack.remainingMah),
    total((pack) => pack.capacityMah),
  );
  return socPct === undefined ? {} : { systemSocPct: socPct };
}
