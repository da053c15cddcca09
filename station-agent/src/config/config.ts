import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { AgentError, messageOf } from '../errors.js';
import { keysAt, nearestKey } from './nearest-key.js';
import { type AgentConfig, configFileSchema } from './schema.js';

export type { AgentConfig, SwapConfig, UplinkConfig } from './schema.js';

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

/** Reads and validates a config file as it stands. Throws `ConfigError` (all problems) or `CONFIG_UNREADABLE`. */
export function loadLocalConfig(file: string): AgentConfig {
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
export function parseConfig(
  raw: unknown,
  where: { file?: string | undefined; baseDir: string },
): AgentConfig {
  const parsed = configFileSchema.safeParse(raw);
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap(describeIssue);
    throw new ConfigError(where.file ?? 'the configuration', problems.slice(0, MAX_LISTED_PROBLEMS));
  }
  const data = { ...parsed.data, dataDir: resolve(where.baseDir, parsed.data.dataDir) };
  const hash = createHash('sha256').update(JSON.stringify(data)).digest('hex').slice(0, 16);
  return deepFreeze({ ...data, hash, file: where.file ?? null, version: null });
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

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
