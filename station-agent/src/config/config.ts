import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { AgentError, messageOf } from '../errors.js';
import { keysAt, nearestKey } from './nearest-key.js';
import { type AgentConfig, configFileSchema } from './schema.js';

export type { AgentConfig, HardwareConfig, SwapConfig, UplinkConfig } from './schema.js';

/** Every problem of the file at once; each line names the key and the fix. */
export class ConfigError extends AgentError {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(where: string, problems: readonly string[]) {
    super(
      'CONFIG_INVALID',
      `${where} is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

const MAX_LISTED_PROBLEMS = 100;

/** Reads and validates a config file. Throws `ConfigError` (all problems) or `CONFIG_UNREADABLE`. */
export function loadConfig(file: string): AgentConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new AgentError('CONFIG_UNREADABLE', `cannot read the config file ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(file, [`not JSON: ${messageOf(error)}; check commas and quotes near that place`]);
  }
  return parseConfig(raw, { file, baseDir: dirname(resolve(file)) });
}

/** Validates config data; `dataDir` is resolved against `baseDir`. Throws `ConfigError`. */
export function parseConfig(raw: unknown, where: { file?: string; baseDir: string }): AgentConfig {
  const parsed = configFileSchema.safeParse(raw);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap(describeIssue)),
    ...crossChecks(raw),
  ];
  if (!parsed.success || problems.length > 0)
    throw new ConfigError(where.file ?? 'the configuration', problems.slice(0, MAX_LISTED_PROBLEMS));
  const hash = createHash('sha256').update(JSON.stringify(parsed.data)).digest('hex').slice(0, 16);
  return deepFreeze({
    ...parsed.data,
    dataDir: resolve(where.baseDir, parsed.data.dataDir),
    hash,
    file: where.file ?? null,
  });
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const path = formatPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(configFileSchema, issue.path);
    return issue.keys.map((key) => {
      const near = nearestKey(key, known);
      const fix = near
        ? `did you mean "${near}"? Rename or remove it`
        : `remove it; known here: ${known.join(', ')}`;
      return `${formatPath([...issue.path, key])}: unknown key; ${fix}`;
    });
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return [`${path}: missing; add it (${issue.expected})`];
  return [`${path}: ${issue.message}`];
}

function formatPath(path: readonly PropertyKey[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text.replace(/^\./, '') || '(whole file)';
}

/** Relations between keys. Works on unchecked data so that they are listed together with the schema's problems. */
function crossChecks(raw: unknown): string[] {
  const problems: string[] = [];
  const hardware = field(raw, 'hardware');
  const ports = field(hardware, 'ports');
  const portNames = isRecord(ports) ? Object.keys(ports) : [];
  const checkPort = (name: unknown, path: string): void => {
    if (typeof name !== 'string' || portNames.includes(name)) return;
    const near = nearestKey(name, portNames);
    problems.push(
      `${path}: no port named "${name}" in hardware.ports; ${near ? `did you mean "${near}"?` : `add it there (known: ${portNames.join(', ') || 'none'})`}`,
    );
  };
  checkPort(field(field(hardware, 'cabinet'), 'port'), 'hardware.cabinet.port');
  const seen = new Map<number, number>();
  const addresses = new Map<string, number>();
  const slots = field(hardware, 'slots');
  for (const [i, entry] of (Array.isArray(slots) ? slots : []).entries()) {
    const path = `hardware.slots[${i}]`;
    const slot = field(entry, 'slot');
    if (typeof slot === 'number') {
      const first = seen.get(slot);
      if (first !== undefined)
        problems.push(
          `${path}.slot: slot ${slot} stands in hardware.slots[${first}] too; give each slot once`,
        );
      else seen.set(slot, i);
    }
    const pack = field(entry, 'pack');
    const port = field(pack, 'port');
    checkPort(port, `${path}.pack.port`);
    const address = field(pack, 'address');
    if (typeof port === 'string' && typeof address === 'number') {
      const key = `${port}#${address}`;
      const first = addresses.get(key);
      if (first !== undefined)
        problems.push(
          `${path}.pack.address: address ${address} on port "${port}" is used by hardware.slots[${first}] too; each pack on a bus needs its own`,
        );
      else addresses.set(key, i);
    }
  }
  const swap = field(raw, 'swap');
  const [low, high] = [field(swap, 'minTemperatureDeciC'), field(swap, 'maxTemperatureDeciC')];
  if (typeof low === 'number' && typeof high === 'number' && low >= high)
    problems.push('swap.minTemperatureDeciC: must be lower than swap.maxTemperatureDeciC');
  return problems;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const field = (value: unknown, key: string): unknown => (isRecord(value) ? value[key] : undefined);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
