import type { z } from 'zod';
import { type AsItIs, compileAsItIs } from './as-it-is.js';
import { DOWNLINK_DATA_SCHEMAS } from './downlink.js';
import {
  type DownlinkEnvelope,
  downlinkEnvelopeSchema,
  type UplinkEnvelope,
  uplinkEnvelopeSchema,
} from './envelope.js';
import { MESSAGE_LIMITS } from './limits.js';
import { splitData } from './split-data.js';
import { UPLINK_DATA_SCHEMAS } from './uplink.js';

/** Present in Node, browsers and React Native; no platform library is compiled in here. */
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean },
) => { decode(bytes: Uint8Array): string };

/**
 * Bytes to a checked message. Refusals are values with a stable code and a detail that names the field; nothing throws.
 * An unknown `type` is its own refusal (`UNSUPPORTED`) that still carries the envelope, so that it can be counted and answered.
 */
export type ParseFailure<E> =
  | { ok: false; code: 'TOO_LARGE' | 'NOT_JSON' | 'TOO_DEEP' | 'BAD_ENVELOPE'; detail: string }
  | { ok: false; code: 'BAD_DATA' | 'UNSUPPORTED'; detail: string; envelope: E };
/** `dataText`: the JSON text of `envelope.data` as it came, where it is known and nothing was taken out of it. */
export type ParseResult<E> = { ok: true; envelope: E; dataText?: string } | ParseFailure<E>;

export const parseUplink = (payload: Uint8Array | string): ParseResult<UplinkEnvelope> =>
  parse(payload, uplink);
export const parseDownlink = (payload: Uint8Array | string): ParseResult<DownlinkEnvelope> =>
  parse(payload, downlink);

/** What a direction accepts, and the quick look at it that most messages pass. */
interface Grammar<E> {
  envelope: z.ZodType<E>;
  data: Readonly<Record<number, z.ZodType>>;
  quickEnvelope: AsItIs;
  quickData: ReadonlyMap<number, AsItIs>;
}

const grammar = <E>(envelope: z.ZodType<E>, data: Readonly<Record<number, z.ZodType>>): Grammar<E> => ({
  envelope,
  data,
  quickEnvelope: compileAsItIs(envelope, true),
  quickData: new Map(Object.entries(data).map(([type, schema]) => [Number(type), compileAsItIs(schema)])),
});
const uplink = grammar(uplinkEnvelopeSchema, UPLINK_DATA_SCHEMAS);
const downlink = grammar(downlinkEnvelopeSchema, DOWNLINK_DATA_SCHEMAS);

function parse<E extends UplinkEnvelope | DownlinkEnvelope>(
  payload: Uint8Array | string,
  { envelope: envelopeSchema, data: dataSchemas, quickEnvelope, quickData }: Grammar<E>,
): ParseResult<E> {
  if (payload.length > MESSAGE_LIMITS.maxPayloadBytes)
    return {
      ok: false,
      code: 'TOO_LARGE',
      detail: `payload of ${payload.length} bytes; the limit is ${MESSAGE_LIMITS.maxPayloadBytes}`,
    };
  let json: unknown;
  let dataText: string | undefined;
  try {
    const text =
      typeof payload === 'string' ? payload : new TextDecoder('utf-8', { fatal: true }).decode(payload);
    const split = splitData(text);
    json = split ? split.json : JSON.parse(text);
    dataText = split?.dataText;
  } catch {
    return { ok: false, code: 'NOT_JSON', detail: 'payload is not UTF-8 JSON' };
  }
  if (quickEnvelope(json)) {
    const { type, data } = json as E;
    // The schema of the data bounds its depth, and the quick look lets nothing pass that the schema leaves open.
    if (quickData.get(type)?.(data))
      return { ok: true, envelope: json as E, ...(dataText === undefined ? {} : { dataText }) };
  }
  if (depthExceeds(json, MESSAGE_LIMITS.maxDepth))
    return { ok: false, code: 'TOO_DEEP', detail: `nested deeper than ${MESSAGE_LIMITS.maxDepth}` };
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) return { ok: false, code: 'BAD_ENVELOPE', detail: describeIssues(envelope.error) };
  const dataSchema = dataSchemas[envelope.data.type];
  if (!dataSchema)
    return {
      ok: false,
      code: 'UNSUPPORTED',
      detail: `unknown type ${envelope.data.type}`,
      envelope: envelope.data,
    };
  const data = dataSchema.safeParse(envelope.data.data ?? undefined);
  if (!data.success)
    return {
      ok: false,
      code: 'BAD_DATA',
      detail: describeIssues(data.error, 'data'),
      envelope: envelope.data,
    };
  return { ok: true, envelope: { ...envelope.data, data: data.data } };
}

/** `data.slots.0.slot: expected number` for the first three issues. */
export function describeIssues(error: z.ZodError, prefix = ''): string {
  return error.issues
    .slice(0, 3)
    .map(
      (issue) =>
        `${[prefix, ...issue.path.map(String)].filter(Boolean).join('.') || '(message)'}: ${issue.message}`,
    )
    .join('; ');
}

function depthExceeds(value: unknown, limit: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (limit === 0) return true;
  for (const child of Array.isArray(value) ? value : Object.values(value))
    if (depthExceeds(child, limit - 1)) return true;
  return false;
}
