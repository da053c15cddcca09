import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SimulatorError } from '../errors.js';

const MAX_FILE_BYTES = 64 * 1024 * 1024;
const hex = z.string().regex(/^([0-9a-fA-F]{2})*$/, 'must be hexadecimal, two digits a byte');

/** One recorded exchange; fields that only a decoder needs are left alone. */
const captureCaseSchema = z.object({
  id: z.string().min(1),
  protocol: z.string().min(1),
  transport: z.enum(['serial', 'ble']),
  request_hex: hex.optional(),
  requests_hex: z.array(hex).optional(),
  frames: z.array(hex),
});

export interface CaptureCase {
  readonly id: string;
  readonly protocol: string;
  readonly transport: 'serial' | 'ble';
  /** In the order in which they were sent; empty = unknown. */
  readonly requests: readonly Buffer[];
  /** One entry = one read of the line, or one notification. */
  readonly frames: readonly Buffer[];
}

/** Reads a capture file (`voltbay-agent capture`). Throws SIM_CONFIG naming the case and field that are wrong. */
export function readCapture(path: string): CaptureCase[] {
  let content: unknown;
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length > MAX_FILE_BYTES) throw new Error(`larger than ${MAX_FILE_BYTES} bytes`);
    content = JSON.parse(text);
  } catch (cause) {
    throw new SimulatorError('SIM_CONFIG', `cannot read the capture ${path}: ${String(cause)}`, { cause });
  }
  return parseCapture(content, path);
}

export function parseCapture(content: unknown, where: string): CaptureCase[] {
  const result = z.array(captureCaseSchema).min(1).safeParse(content);
  if (!result.success) {
    const lines = result.error.issues.slice(0, 5).map((i) => `${i.path.join('.') || '(top)'}: ${i.message}`);
    throw new SimulatorError('SIM_CONFIG', `${where} is no capture: ${lines.join('; ')}`);
  }
  return result.data.map(({ id, protocol, transport, request_hex, requests_hex, frames }) => ({
    id,
    protocol,
    transport,
    requests: (requests_hex ?? (request_hex === undefined ? [] : [request_hex])).map((one) =>
      Buffer.from(one, 'hex'),
    ),
    frames: frames.map((one) => Buffer.from(one, 'hex')),
  }));
}

/**
 * The cases to replay: those named, or all of one protocol and transport. Throws SIM_CONFIG when that leaves nothing, or
 * more than one kind of line.
 */
export function chooseCases(
  cases: readonly CaptureCase[],
  wanted: { ids: string[]; protocol?: string },
): CaptureCase[] {
  const unknown = wanted.ids.filter((id) => !cases.some((one) => one.id === id));
  if (unknown.length > 0)
    throw new SimulatorError('SIM_CONFIG', `the capture has no case ${unknown.join(', ')}`);
  const chosen = cases.filter(
    (one) =>
      (wanted.ids.length === 0 || wanted.ids.includes(one.id)) &&
      (wanted.protocol === undefined || one.protocol === wanted.protocol),
  );
  const kinds = [...new Set(chosen.map((one) => `${one.protocol} (${one.transport})`))];
  if (kinds.length === 1) return chosen;
  const all = [...new Set(cases.map((one) => `${one.protocol} (${one.transport})`))];
  const text =
    kinds.length === 0 ? 'nothing is left to replay' : `one line cannot speak ${kinds.join(' and ')}`;
  throw new SimulatorError(
    'SIM_CONFIG',
    `${text}: choose by --protocol or --case; the capture has ${all.join(', ')}`,
  );
}
