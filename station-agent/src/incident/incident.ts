import { z } from 'zod';
import { AgentError } from '../errors.js';
import type { SwapRequest, SwapRules } from '../swap/types.js';

/**
 * A swap that went wrong, with everything its decisions were made of, in the order in which they used it: times, sensors, readings,
 * what the locks answered. Played back to the same code it gives the same journal, byte for byte.
 */
export interface Incident {
  readonly format: 'voltbay-incident/1';
  readonly device: string;
  readonly agentVersion: string;
  readonly request: SwapRequest;
  readonly rules: SwapRules;
  readonly verifyMs: number | null;
  readonly outcome: { outcome: string; reason: string | null };
  readonly inputs: readonly IncidentInput[];
  /** What the cabinet reported meanwhile, for people: milliseconds since the start, and the event. */
  readonly events: readonly { atMs: number; event: unknown }[];
  /** The rows of the journal as they were written. */
  readonly journal: readonly JournalRow[];
}

export type JournalRow = { n: number; atMs: number; step: string };

export const INPUT_KINDS = [
  'now',
  'monotonic',
  'refresh',
  'views',
  'slot',
  'latest',
  'message',
  'readNow',
  'open',
  'lock',
] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

/** One thing that the swap was told. `atMs` since the start; `error` when it was told by a fault. */
export type IncidentInput = {
  kind: InputKind;
  atMs: number;
  value?: unknown;
  error?: { code: string | null; message: string };
};

/** More inputs than this and the recording stops: it can then not be played back. About half an hour of waiting. */
export const MAX_INPUTS = 20_000;
/** Longest text of an incident, bytes. */
export const MAX_INCIDENT_BYTES = 64 * 1024 * 1024;

const incidentSchema = z.object({
  format: z.literal('voltbay-incident/1'),
  device: z.string(),
  agentVersion: z.string(),
  request: z.looseObject({ swapId: z.string(), requestId: z.string() }),
  rules: z.looseObject({}),
  verifyMs: z.number().nullable(),
  outcome: z.object({ outcome: z.string(), reason: z.string().nullable() }),
  inputs: z
    .array(
      z.object({
        kind: z.enum(INPUT_KINDS),
        atMs: z.number(),
        value: z.unknown().optional(),
        error: z.object({ code: z.string().nullable(), message: z.string() }).optional(),
      }),
    )
    .max(MAX_INPUTS),
  events: z.array(z.object({ atMs: z.number(), event: z.unknown() })),
  journal: z.array(z.object({ n: z.number(), atMs: z.number(), step: z.string() })),
});

/** Throws BAD_USAGE naming the field that is wrong. */
export function parseIncident(content: unknown, where: string): Incident {
  const result = incidentSchema.safeParse(content);
  // The request and the rules are the agent's own words; a file that was edited shows in the replay.
  if (result.success) return content as Incident;
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') || '(top)';
  throw new AgentError('BAD_USAGE', `${where} is no incident: ${path}: ${issue?.message}`);
}
