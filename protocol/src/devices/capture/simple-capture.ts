import type { Assembler } from '../../bytes/index.js';
import {
  type DecodeFailure,
  type DecodeResult,
  mergeReadings,
  type PackReading,
} from '../../domain/reading.js';
import type { CaptureDecoder, CaptureInfo } from './case.js';

/** What a frame contributes to a capture of one pack; answers such as counters have no reading. */
export type CapturePart = { reading?: PackReading; info: CaptureInfo };

/** Decoder for protocols whose answers stand alone: frames are put together, decoded one by one and merged. */
export function createSimpleCaptureDecoder<F>(
  createAssembler: () => Assembler<F>,
  decodeFrame: (frame: F) => DecodeResult<CapturePart>,
): CaptureDecoder {
  return (input) => {
    const assembler = createAssembler();
    const results = [...input.frames.flatMap((chunk) => assembler.push(chunk)), ...assembler.end()];
    const parts: PackReading[] = [];
    const failures: DecodeFailure[] = [];
    const info: CaptureInfo = {};
    let decoded = 0;
    for (const frame of results) {
      const part = frame.ok ? decodeFrame(frame.value) : frame;
      if (!part.ok) {
        failures.push(part);
        continue;
      }
      decoded += 1;
      if (part.value.reading) parts.push(part.value.reading);
      Object.assign(info, part.value.info);
    }
    const reading = parts.length > 0 ? { reading: mergeReadings(parts) } : {};
    return { decoded, ...reading, info, failures };
  };
}
