import { mergeReadings, type PackReading } from '../../domain/reading.js';
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

/** Decoder for PACE captures of one firmware family. Answers that carry no pack number belong to the first pack. */
export function createPaceCaptureDecoder(variant: PaceVariant): CaptureDecoder {
  return (input) => {
    const { answers, others, failures } = readAsciiSession(input, dialect(variant));
    const info: CaptureInfo = unknownFrameInfo(others);
    const parts: PackReading[] = [];
    let packs: PackReading[] = [];
    for (const { answer } of answers) {
      if (answer.command === 'analog') {
        packs = answer.packs;
      } else {
        const { command: _, reading, ...values } = answer;
        Object.assign(info, values);
        parts.push(reading);
      }
    }
    const [first, ...rest] = packs;
    const merged = first || parts.length > 0 ? mergeReadings(first ? [first, ...parts] : parts) : undefined;
    return {
      decoded: answers.length + others.length,
      ...(merged && (rest.length > 0 ? { packs: [merged, ...rest] } : { reading: merged })),
      info,
      failures,
    };
  };
}
