import {
  inferAnswer,
  interpretAnswer,
  PACE_VARIANTS,
  type PaceAnswer,
  type PaceVariant,
  paceCommand,
} from '../pace/index.js';
import { type AsciiDialect, readAsciiSession, unknownFrameInfo } from './ascii-capture.js';
import type { CaptureDecoder, CaptureInfo } from './case.js';
import { createPackBook, readingOrPacks } from './pack-book.js';

/** Pack number that asks for every pack. */
const ALL_PACKS = 0xff;

function dialect(variant: PaceVariant): AsciiDialect<PaceAnswer> {
  const { version, accepted } = PACE_VARIANTS[variant];
  return {
    versions: [version],
    cid1: accepted,
    interpret: (code, frame) => {
      const command = paceCommand(code);
      return command && interpretAnswer(command, frame, { variant });
    },
    infer: (frame) => inferAnswer(frame, variant),
  };
}

/** Decoder for PACE captures of one firmware family. Packs are told apart by their numbers. */
export function createPaceCaptureDecoder(variant: PaceVariant): CaptureDecoder {
  return (input) => {
    const { answers, others, failures } = readAsciiSession(input, dialect(variant));
    const book = createPackBook();
    for (const { answer, frame, request } of answers) {
      if (answer.command !== 'analog') continue;
      const several = answer.packs.length > 1 || request?.info[0] === ALL_PACKS;
      const first = several ? frame.address : answer.packOrCount;
      for (const [i, reading] of answer.packs.entries()) book.addValues(first + i, reading);
    }
    const info: CaptureInfo = unknownFrameInfo(others);
    for (const { answer } of answers) {
      if (answer.command === 'analog') continue;
      const { command: _, reading, ...values } = answer;
      Object.assign(info, values);
      book.addPart('pack' in answer ? answer.pack : undefined, reading);
    }
    return { decoded: answers.length + others.length, ...readingOrPacks(book), info, failures };
  };
}
