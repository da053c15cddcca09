import { inForce, readRemoteConfig } from '../remote-config/remote-config-file.js';
import { type AgentConfig, ConfigError, loadLocalConfig, parseConfig } from './config.js';

/**
 * Sections that the hub may set. Never the station's identity, its hub, its data, its wiring or whose updates it trusts: a mistake there
 * could not be mended from afar.
 */
export const REMOTE_SECTIONS = [
  'polling',
  'swap',
  'uplink',
  'offline',
  'charging',
  'limits',
  'topics',
  'logLevel',
] as const;

export type ConfigProblem = { path: string; message: string };
export type Overlay = Readonly<Record<string, unknown>>;

/** What the station runs with: the file, and over it what the hub has set. Throws as `loadLocalConfig` does. */
export const loadConfig = (file: string): AgentConfig => withRemoteConfig(loadLocalConfig(file));

/**
 * The configuration with the hub's part over it. One that no longer fits (the file was changed since) is left out: the station starts in
 * any case.
 */
export function withRemoteConfig(local: AgentConfig): AgentConfig {
  const set = inForce(readRemoteConfig(local.dataDir));
  if (!set) return local;
  const laid = layOver(local, set.config, set.version);
  return laid.ok ? laid.config : local;
}

/** Validates the hub's part, alone and together with the file. */
export function layOver(
  local: AgentConfig,
  overlay: Overlay,
  version: string,
): { ok: true; config: AgentConfig } | { ok: false; errors: ConfigProblem[] } {
  const settable: readonly string[] = REMOTE_SECTIONS;
  const foreign = Object.keys(overlay).filter((key) => !settable.includes(key));
  if (foreign.length > 0)
    return {
      ok: false,
      errors: foreign.map((path) => ({
        path,
        message: `is not set from afar; settable: ${settable.join(', ')}`,
      })),
    };
  const { hash: _, file, version: __, ...raw } = local;
  try {
    const merged = parseConfig(mergeOver(raw, overlay), { file: file ?? undefined, baseDir: '/' });
    return { ok: true, config: Object.freeze({ ...merged, version }) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return {
      ok: false,
      errors: error.problems.map((problem) => {
        const end = problem.indexOf(': ');
        return end < 0
          ? { path: '', message: problem }
          : { path: problem.slice(0, end), message: problem.slice(end + 2) };
      }),
    };
  }
}

function mergeOver(base: unknown, over: unknown): unknown {
  if (!isObject(base) || !isObject(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over))
    if (key !== '__proto__') merged[key] = mergeOver(base[key], value);
  return merged;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
