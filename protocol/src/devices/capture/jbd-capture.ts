import { type DecodeFailure, mergeReadings, type PackReading } from '../../domain/reading.js';
import { createJbdAssembler, decodeAnswer } from '../jbd/index.js';
import type { CaptureInfo, CaptureInput, CaptureOutcome } from './case.js';

/** Decodes a JBD capture: answers name their command, so requests are not needed. */
export function decodeJbdCapture(input: CaptureInput): CaptureOutcome {
  const assembler = createJbdAssembler();
  const results = [...input.frames.flatMap((chunk) => assembler.push(chunk)), ...assembler.end()];
  const parts: PackReading[] = [];
  const failures: DecodeFailure[] = [];
  const info: CaptureInfo = {};
  let decoded = 0;
  for (const frame of results) {
    const answer = frame.ok ? decodeAnswer(frame.value) : frame;
    if (!answer.ok) {
      failures.push(answer);
      continue;
    }
    decoded += 1;
    if (answer.value.command === 'errorCounters') info.errorCounters = answer.value.counters;
    else parts.push(answer.value.reading);
    if (answer.value.command === 'basicInfo') info.cellCount = answer.value.cellCount;
  }
  return { decoded, ...(parts.length > 0 && { reading: mergeReadings(parts) }), info, failures };
}
