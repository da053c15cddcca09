import { decoded } from '../../domain/reading.js';
import { createJkUartAssembler, decodeAnswer as decodeJkUart } from '../jk-uart/index.js';
import { createSeplosBleAssembler, decodeAnswer as decodeSeplosBle } from '../seplos-ble/index.js';
import { createTdtAssembler, decodeAnswer as decodeTdt } from '../tdt/index.js';
import type { CaptureCase, CaptureDecoder, CaptureInfo, CaptureResult } from './case.js';
import { captureBytes } from './case.js';
import { decodeDalyA5Capture } from './daly-a5-capture.js';
import { decodeDalyD2Capture } from './daly-d2-capture.js';
import { decodeJbdCapture } from './jbd-capture.js';
import { decodeJkCapture } from './jk-capture.js';
import { createPaceCaptureDecoder } from './pace-capture.js';
import { decodePylontechCapture } from './pylontech-capture.js';
import { decodeSeplosCapture } from './seplos-capture.js';
import { createSimpleCaptureDecoder } from './simple-capture.js';

const decodeJkUartCapture = createSimpleCaptureDecoder(createJkUartAssembler, (frame) => {
  const answer = decodeJkUart(frame);
  if (!answer.ok) return answer;
  return decoded({ reading: answer.value.reading, info: { problemCode: answer.value.errorBits } });
});

const decodeSeplosBleCapture = createSimpleCaptureDecoder(createSeplosBleAssembler, (frame) => {
  const answer = decodeSeplosBle(frame);
  if (!answer.ok) return answer;
  const { reading, portVoltageMv } = answer.value;
  const info: CaptureInfo = portVoltageMv === undefined ? {} : { portVoltageMv };
  return decoded({ reading, info });
});

const decodeTdtCapture = createSimpleCaptureDecoder(createTdtAssembler, (frame) => {
  const answer = decodeTdt(frame);
  return answer.ok ? decoded({ reading: answer.value, info: {} }) : answer;
});

/** Protocol names of a capture file and their decoders. */
const DECODERS: Readonly<Record<string, CaptureDecoder>> = {
  'pylontech-rs485': decodePylontechCapture,
  'seplos-v2-rs485': decodeSeplosCapture,
  'pace-rs485-v25': createPaceCaptureDecoder('v25'),
  'pace-rs485-v20': createPaceCaptureDecoder('v20'),
  jbd: decodeJbdCapture,
  'jk-ble': decodeJkCapture,
  'jk-uart': decodeJkUartCapture,
  'daly-d2': decodeDalyD2Capture,
  'daly-a5': decodeDalyA5Capture,
  'seplos-v2-ble': decodeSeplosBleCapture,
  'tdt-ble': decodeTdtCapture,
};

/** Protocol names that {@link decodeCapture} knows. */
export const CAPTURE_PROTOCOLS: readonly string[] = Object.keys(DECODERS);

/**
 * Decodes one recorded exchange: puts its frames together, merges the answers into a reading or several packs, and names
 * why when nothing came out. A frame that is refused beside good ones is listed, it does not spoil them.
 */
export function decodeCapture(capture: CaptureCase): CaptureResult {
  const base = { id: capture.id, protocol: capture.protocol };
  const decoder = Object.hasOwn(DECODERS, capture.protocol) ? DECODERS[capture.protocol] : undefined;
  if (!decoder) {
    const detail = `protocol "${capture.protocol}" is not one of ${CAPTURE_PROTOCOLS.join(', ')}`;
    return { ...base, ok: false, error: 'unknown_type', detail };
  }
  const input = captureBytes(capture);
  if (typeof input === 'string') {
    return { ...base, ok: false, error: 'invalid_hex', detail: `${input} is not hex` };
  }
  const { decoded: understood, failures, reading, packs, info } = decoder(input);
  const rejected = failures.map(({ error, detail }) => ({ error, detail }));
  if (understood === 0) {
    const first = rejected[0] ?? { error: 'no_frame' as const, detail: 'no start of a frame in the bytes' };
    return { ...base, ok: false, ...first };
  }
  return {
    ...base,
    ok: true,
    ...(reading && { reading }),
    ...(packs && { packs }),
    ...(info && Object.keys(info).length > 0 && { info }),
    ...(rejected.length > 0 && { rejected }),
  };
}
