import {
  inferAnswer,
  interpretAnswer,
  SEPLOS_EXPECTED,
  type SeplosAnswer,
  seplosCommand,
} from '../seplos/index.js';
import { type AsciiDialect, readAsciiSession, unknownFrameInfo } from './ascii-capture.js';
import type { CaptureInfo, CaptureInput, CaptureOutcome } from './case.js';
import { createPackBook, readingOrPacks } from './pack-book.js';

const DIALECT: AsciiDialect<SeplosAnswer> = {
  ...SEPLOS_EXPECTED,
  interpret: (code, frame) => {
    const command = seplosCommand(code);
    return command && interpretAnswer(command, frame);
  },
  infer: inferAnswer,
};

/** Decodes a Seplos V2 capture. Packs are told apart by bus address and pack number. */
export function decodeSeplosCapture(input: CaptureInput): CaptureOutcome {
  const { answers, others, failures } = readAsciiSession(input, DIALECT);
  const book = createPackBook();
  const key = (address: number, pack: number): number => address * 256 + pack;
  for (const { answer, frame } of answers) {
    if (answer.command === 'telemetry') book.addValues(key(frame.address, answer.pack), answer.reading);
  }
  const info: CaptureInfo = unknownFrameInfo(others);
  for (const { answer, frame } of answers) {
    const { command, reading, ...values } = answer;
    Object.assign(info, values);
    if (command === 'telemetry') continue;
    book.addPart('pack' in answer ? key(frame.address, answer.pack) : key(frame.address, 0), reading);
  }
  return { decoded: answers.length + others.length, ...readingOrPacks(book), info, failures };
}
