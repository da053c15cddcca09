import { type DecodeFailure, mergeReadings, type PackReading } from '../../domain/reading.js';
import { createDalyD2Assembler, decodeAnswer } from '../daly-d2/index.js';
import type { CaptureInfo, CaptureInput, CaptureOutcome } from './case.js';

/** Decodes a Daly D2 capture. Answers do not name their registers, but each block has a length of its own. */
export function decodeDalyD2Capture(input: CaptureInput): CaptureOutcome {
  const assembler = createDalyD2Assembler();
  const results = [...input.frames.flatMap((chunk) => assembler.push(chunk)), ...assembler.end()];
  const parts: PackReading[] = [];
  const failures: DecodeFailure[] = [];
  const info: CaptureInfo = {};
  for (const frame of results) {
    const answer = frame.ok ? decodeAnswer(frame.value) : frame;
    if (!answer.ok) {
      failures.push(answer);
      continue;
    }
    const { block: _, reading, ...values } = answer.value;
    parts.push(reading);
    Object.assign(info, values);
  }
  return {
    decoded: parts.length,
    ...(parts.length > 0 && { reading: mergeReadings(parts) }),
    info,
    failures,
  };
}
