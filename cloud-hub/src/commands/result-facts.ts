import type { Command, CommandResultData } from '@voltbay/protocol';
import { isSettled } from './command-state.js';

const MAX_BYTES = 16_384;
const MAX_DEPTH = 8;
/** Newest steps of a command that are kept. */
export const MAX_HISTORY = 30;

/** The command after a result, as the projection writes it. */
export function withResult(command: Command, result: CommandResultData, at: string, now: string): Command {
  const { state, reason, detail, result: facts } = result;
  return {
    ...command,
    state,
    reason: reason ?? null,
    detail: detail ?? null,
    result: resultFacts(facts),
    version: command.version + 1,
    updatedAt: now,
    settledAt: isSettled(state) ? now : command.settledAt,
    history: [...command.history, { at, state, ...(reason === undefined ? {} : { reason }) }].slice(
      -MAX_HISTORY,
    ),
  };
}

/**
 * Facts of a station's answer, fit to be stored and asked about: field names without dots and dollars, which mean something to the store.
 * Null when there are none, or more than a command should carry.
 */
export function resultFacts(result: Record<string, unknown> | undefined): Record<string, unknown> | null {
  if (result === undefined || JSON.stringify(result).length > MAX_BYTES) return null;
  return storable(result, MAX_DEPTH) as Record<string, unknown>;
}

function storable(value: unknown, depthLeft: number): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (depthLeft === 0) return null;
  if (Array.isArray(value)) return value.map((item) => storable(item, depthLeft - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key.replaceAll(/[.$]/g, '_').replaceAll('\0', '_'),
      storable(child, depthLeft - 1),
    ]),
  );
}
