import { type DecodeFailure, emptyReading, mergeReadings } from '../../domain/reading.js';
import { createDalyA5Assembler, type DalyA5Answer, dalyA5Lists, decodeAnswer } from '../daly-a5/index.js';
import type { CaptureInfo, CaptureInput, CaptureOutcome } from './case.js';

/** Decodes a Daly A5 capture of one polling round. */
export function decodeDalyA5Capture(input: CaptureInput): CaptureOutcome {
  const assembler = createDalyA5Assembler();
  const results = [...input.frames.flatMap((chunk) => assembler.push(chunk)), ...assembler.end()];
  const answers: DalyA5Answer[] = [];
  const failures: DecodeFailure[] = [];
  for (const frame of results) {
    const answer = frame.ok ? decodeAnswer(frame.value) : frame;
    if (answer.ok) answers.push(answer.value);
    else failures.push(answer);
  }
  const info: CaptureInfo = {};
  const parts = [{ ...emptyReading(), ...dalyA5Lists(answers) }];
  for (const answer of answers) {
    if (answer.command === 'cellVoltages' || answer.command === 'temperatures') continue;
    if ('reading' in answer) parts.push(answer.reading);
    const { command: _, ...values } = answer;
    for (const [name, value] of Object.entries(values)) {
      if (typeof value === 'number' || typeof value === 'string') info[name] = value;
    }
  }
  return {
    decoded: answers.length,
    ...(answers.length > 0 && { reading: mergeReadings(parts) }),
    info,
    failures,
  };
}
