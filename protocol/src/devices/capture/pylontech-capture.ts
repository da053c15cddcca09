import { toHex } from '../../bytes/index.js';
import type { PackReading } from '../../domain/reading.js';
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
import { createPackBook, type PackBook } from './pack-book.js';

const DIALECT: AsciiDialect<PylontechAnswer> = {
  versions: [0x20],
  cid1: [0x46],
  interpret: (code, frame) => {
    const command = pylontechCommand(code);
    return command && interpretAnswer(command, frame);
  },
  infer: inferAnswer,
};

/** Decodes a Pylontech capture. Packs are told apart by their numbers; answers without a number belong to the only one. */
export function decodePylontechCapture(input: CaptureInput): CaptureOutcome {
  const { answers, others, failures } = readAsciiSession(input, DIALECT);
  const book = createPackBook();
  for (const answer of answers) addValues(book, answer);
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
    const part = readingPart(answer);
    if (part) book.addPart('pack' in answer ? answer.pack : undefined, part);
  }
  const packs = book.readings();
  Object.assign(info, systemSoc(packs));
  return {
    decoded: answers.length + others.length,
    ...(packs.length === 1 && packs[0] && { reading: packs[0] }),
    ...(book.hasValues() && { packs }),
    info,
    failures,
  };
}

function addValues(book: PackBook, { answer, frame, request }: AsciiAnswer<PylontechAnswer>): void {
  if (answer.command !== 'analog') return;
  const asked = request?.info[0];
  const first = asked === undefined || asked === ALL_PACKS ? frame.address : asked;
  for (const [i, reading] of answer.packs.entries()) book.addValues(first + i, reading);
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
