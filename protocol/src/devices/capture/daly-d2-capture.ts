import {
  type DecodeFailure,
  type DecodeResult,
  mergeReadings,
  type PackReading,
} from '../../domain/reading.js';
import {
  createDalyD2Assembler,
  type DalyD2Frame,
  decodeAnswer,
  decodeEss,
  ESS_ANSWER_DEVICE,
  essRequest,
} from '../daly-d2/index.js';
import type { CaptureInfo, CaptureInput, CaptureOutcome } from './case.js';

/**
 * Decodes a Daly D2 capture. Answers do not name their registers: those of D2 boards differ in length, those of ESS
 * boards are told by the request of the same length, in order.
 */
export function decodeDalyD2Capture(input: CaptureInput): CaptureOutcome {
  const assembler = createDalyD2Assembler();
  const results = [...input.frames.flatMap((chunk) => assembler.push(chunk)), ...assembler.end()];
  const essRequests = input.requests.map(essRequest).filter((request) => request !== undefined);
  const parts: PackReading[] = [];
  const failures: DecodeFailure[] = [];
  const info: CaptureInfo = {};
  const take = (answer: DecodeResult<{ reading: PackReading } & Record<string, unknown>>): void => {
    if (!answer.ok) {
      failures.push(answer);
      return;
    }
    const { reading, ...values } = answer.value;
    parts.push(reading);
    for (const [name, value] of Object.entries(values)) {
      if (
        name !== 'block' &&
        (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
      ) {
        info[name] = value;
      }
    }
  };
  for (const frame of results) {
    if (!frame.ok) failures.push(frame);
    else if (frame.value.device === ESS_ANSWER_DEVICE) take(decodeEss(essBlock(frame.value, essRequests)));
    else take(decodeAnswer(frame.value));
  }
  return {
    decoded: parts.length,
    ...(parts.length > 0 && { reading: mergeReadings(parts) }),
    info,
    failures,
  };
}

type EssRequest = { firstRegister: number; byteCount: number };

function essBlock(frame: DalyD2Frame, requests: EssRequest[]): { firstRegister: number; data: Uint8Array } {
  const index = requests.findIndex((request) => request.byteCount === frame.data.length);
  const [request] = index < 0 ? [] : requests.splice(index, 1);
  return { firstRegister: request?.firstRegister ?? 0, data: frame.data };
}
