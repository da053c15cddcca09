import { fromHex } from '../../bytes/index.js';
import type { DecodeErrorClass, DecodeFailure, PackReading } from '../../domain/reading.js';

/**
 * One recorded exchange. A capture file is a JSON array of these; further keys are ignored.
 * Bytes are hex in either case. Serial: one frame entry = one read; BLE: one entry = one notification.
 */
export type CaptureCase = {
  id: string;
  /** `pylontech-rs485`, `jbd`, … see CAPTURE_PROTOCOLS. */
  protocol: string;
  transport?: string;
  /** Command code as text (`0x42`), when the request itself was not recorded. */
  command?: string;
  request_hex?: string;
  requests_hex?: string[];
  frames: string[];
  /** `JK02_24S` or `JK02_32S`, when a JK recording lacks the device-info frame that tells. */
  layout?: string;
};

export type CaptureValue =
  | string
  | number
  | boolean
  | readonly CaptureValue[]
  | { readonly [key: string]: CaptureValue };
export type CaptureInfo = Record<string, CaptureValue>;

/** What a capture says: readings in our units, everything else by name in `info`, refused frames in `rejected`. */
export type CaptureResult = {
  id: string;
  protocol: string;
  ok: boolean;
  /** Why nothing could be decoded. */
  error?: DecodeErrorClass;
  detail?: string;
  /** The pack, when the capture holds one. */
  reading?: PackReading;
  /** Every pack, where the protocol answers for several. */
  packs?: PackReading[];
  /** Answers that are no reading: limits, alarm bytes, versions, counters. */
  info?: CaptureInfo;
  /** Frames that were refused beside the good ones. */
  rejected?: { error: DecodeErrorClass; detail: string }[];
};

/** A case with its bytes, as the decoders of the protocols take it. */
export type CaptureInput = {
  frames: Uint8Array[];
  requests: Uint8Array[];
  commandCode?: number;
  layout?: string;
};

/** What a protocol's decoder found. `reading` and `packs` are absent when no frame carried any. */
export type CaptureOutcome = {
  /** Sound frames that were understood. */
  decoded: number;
  reading?: PackReading;
  packs?: PackReading[];
  info?: CaptureInfo;
  failures: DecodeFailure[];
};

export type CaptureDecoder = (input: CaptureInput) => CaptureOutcome;

export type CaptureFileResult = { ok: true; cases: CaptureCase[] } | { ok: false; problem: string };

/** Checks a parsed capture file. The problem names the place and what is expected there. */
export function readCaptureFile(json: unknown): CaptureFileResult {
  if (!Array.isArray(json)) return { ok: false, problem: 'a capture file is a JSON array of cases' };
  const cases: CaptureCase[] = [];
  for (const [index, entry] of json.entries()) {
    const problem = caseProblem(entry);
    if (problem) return { ok: false, problem: `[${index}]${problem}` };
    cases.push(entry as CaptureCase);
  }
  return { ok: true, cases };
}

function caseProblem(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null) return ': an object is expected';
  const fields = entry as Record<string, unknown>;
  for (const key of ['id', 'protocol']) {
    if (typeof fields[key] !== 'string' || fields[key] === '') return `.${key}: a text is expected`;
  }
  for (const key of ['transport', 'command', 'request_hex', 'layout']) {
    if (fields[key] !== undefined && typeof fields[key] !== 'string') return `.${key}: a text is expected`;
  }
  if (!isTextList(fields.frames)) return '.frames: a list of hex texts is expected';
  if (fields.requests_hex !== undefined && !isTextList(fields.requests_hex)) {
    return '.requests_hex: a list of hex texts is expected';
  }
  return undefined;
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** Bytes of a case, or the name of the field that is no hex. */
export function captureBytes(capture: CaptureCase): CaptureInput | string {
  const frames: Uint8Array[] = [];
  for (const [index, text] of capture.frames.entries()) {
    const bytes = fromHex(text);
    if (!bytes) return `frames[${index}]`;
    frames.push(bytes);
  }
  const requests: Uint8Array[] = [];
  for (const text of capture.requests_hex ?? (capture.request_hex ? [capture.request_hex] : [])) {
    const bytes = fromHex(text);
    if (!bytes) return 'request_hex';
    requests.push(bytes);
  }
  const input: CaptureInput = { frames, requests };
  const commandCode = Number(capture.command);
  if (capture.command && Number.isInteger(commandCode)) input.commandCode = commandCode;
  if (capture.layout) input.layout = capture.layout;
  return input;
}
