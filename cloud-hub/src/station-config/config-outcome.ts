import type { Command } from '@voltbay/protocol';
import type { ConfigError, ConfigState } from './config-documents.js';

export type ConfigOutcome = { state: ConfigState; errors: ConfigError[]; hash: string | null };

/** What a settled SET_CONFIG says of its version; null = nothing yet, it is sent again. Pure. */
export function configOutcome(
  command: Pick<Command, 'state' | 'reason' | 'detail' | 'result'>,
): ConfigOutcome | null {
  const facts = { ...jsonObject(command.detail), ...command.result };
  const hash = typeof facts.configHash === 'string' ? facts.configHash : null;
  const because = (fallback: string): ConfigError[] => {
    const listed = errorsIn(facts.errors);
    return listed.length > 0 ? listed : [{ path: '', message: command.detail ?? command.reason ?? fallback }];
  };
  switch (command.state) {
    case 'done':
      return { state: 'applied', errors: [], hash };
    case 'rejected':
      return { state: 'rejected', errors: because('refused by the station'), hash };
    case 'failed':
      if (command.reason === 'STATION_OFFLINE') return null;
      return {
        state: command.reason === 'CONFIG_ROLLED_BACK' ? 'rolled-back' : 'rejected',
        errors: because('not applied'),
        hash,
      };
    case 'unknown':
      return { state: 'unknown', errors: [], hash };
    default:
      return null;
  }
}

/** The detail of a result is text: JSON of an object in it is read. */
function jsonObject(text: string | null): Record<string, unknown> {
  if (!text?.startsWith('{')) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const MAX_ERRORS = 50;
function errorsIn(value: unknown): ConfigError[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_ERRORS).flatMap((entry: unknown) => {
    const { path, message } = (entry ?? {}) as { path?: unknown; message?: unknown };
    return typeof message === 'string'
      ? [{ path: typeof path === 'string' ? path.slice(0, 200) : '', message: message.slice(0, 500) }]
      : [];
  });
}
