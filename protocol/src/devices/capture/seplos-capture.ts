import { mergeReadings } from '../../domain/reading.js';
import {
  inferAnswer,
  interpretAnswer,
  SEPLOS_EXPECTED,
  type SeplosAnswer,
  seplosCommand,
} from '../seplos/index.js';
import { type AsciiDialect, readAsciiSession, unknownFrameInfo } from './ascii-capture.js';
import type { CaptureInfo, CaptureInput, CaptureOutcome } from './case.js';

const DIALECT: AsciiDialect<SeplosAnswer> = {
  ...SEPLOS_EXPECTED,
  interpret: (code, frame) => {
    const command = seplosCommand(code);
    return command && interpretAnswer(command, frame);
  },
  infer: inferAnswer,
};

/** Decodes a Seplos V2 capture of one pack. */
export function decodeSeplosCapture(input: CaptureInput): CaptureOutcome {
  const { answers, others, failures } = readAsciiSession(input, DIALECT);
  const info: CaptureInfo = unknownFrameInfo(others);
  for (const { answer } of answers) {
    const { command: _, reading: __, ...values } = answer;
    Object.assign(info, values);
  }
  const readings = answers.map(({ answer }) => answer.reading);
  return {
    decoded: answers.length + others.length,
    ...(readings.length > 0 && { reading: mergeReadings(readings) }),
    info,
    failures,
  };
}
