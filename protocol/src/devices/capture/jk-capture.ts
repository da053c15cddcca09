import { type DecodeFailure, mergeReadings, type PackReading, undecodable } from '../../domain/reading.js';
import { createJkAssembler, decodeAnswer, type JkFrame, type JkLayout } from '../jk/index.js';
import type { CaptureInfo, CaptureInput, CaptureOutcome } from './case.js';

/** Decodes a JK BLE capture. The layout is the one its device-info frame tells, else the hint of the case, else the likely one. */
export function decodeJkCapture(input: CaptureInput): CaptureOutcome {
  const assembler = createJkAssembler();
  const results = [...input.frames.flatMap((chunk) => assembler.push(chunk)), ...assembler.end()];
  const frames: JkFrame[] = [];
  const failures: DecodeFailure[] = [];
  for (const result of results) {
    if (result.ok) frames.push(result.value);
    else failures.push(result);
  }
  const layout = layoutToldBy(frames) ?? hintedLayout(input.layout);
  const parts: PackReading[] = [];
  const info: CaptureInfo = {};
  let decoded = 0;
  for (const frame of frames) {
    const { type, reading, ...values } = decodeAnswer(frame, layout);
    if (type === 'cellInfo' && reading.voltageMv === undefined) {
      failures.push(
        undecodable('unknown_type', 'the cell voltages do not fit the pack voltage in any layout'),
      );
      continue;
    }
    decoded += 1;
    parts.push(reading);
    Object.assign(info, values);
  }
  return {
    decoded,
    ...(parts.length > 0 && { reading: mergeReadings(parts) }),
    info,
    failures,
  };
}

function layoutToldBy(frames: readonly JkFrame[]): JkLayout | undefined {
  for (const frame of frames) {
    const answer = decodeAnswer(frame);
    if (answer.type === 'deviceInfo') return answer.layout;
  }
  return undefined;
}

function hintedLayout(hint: string | undefined): JkLayout | undefined {
  return hint === 'JK02_24S' || hint === 'JK02_32S' ? hint : undefined;
}
