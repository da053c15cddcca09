import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseConfig } from '../config/config.js';
import { AgentError, messageOf } from '../errors.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The file's content as it was written. @throws AgentError CONFIG_UNREADABLE */
export function readRawConfig(file: string): Json {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Json;
  } catch (error) {
    throw new AgentError('CONFIG_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** `85` is a number, `true` a boolean, `{"a":1}` an object, everything else text. */
export function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** A copy with one value changed. Objects on the way are made; `value` undefined removes. @throws AgentError BAD_USAGE */
export function withValue(raw: Json, path: string, value: Json | undefined): Json {
  const steps = path.split('.');
  if (steps.some((step) => step === '' || step === '__proto__'))
    throw new AgentError('BAD_USAGE', `${path} is no key; write for example swap.minDispenseSocPct`);
  const copy = structuredClone(raw);
  let place: Json = copy;
  for (const [index, step] of steps.entries()) {
    if (typeof place !== 'object' || place === null)
      throw new AgentError(
        'BAD_USAGE',
        `${steps.slice(0, index).join('.')} is a single value, it has no "${step}"`,
      );
    const container = place as { [key: string]: Json };
    if (index === steps.length - 1) {
      if (value === undefined) delete container[step];
      else container[step] = value;
    } else {
      container[step] ??= {};
      place = container[step];
    }
  }
  return copy;
}

/** The value at a path; undefined where there is none. */
export const valueAt = (raw: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((place, step) => (isObject(place) ? place[step] : undefined), raw);

/** Writes a config only when it is valid; the one before stays beside it as `.bak`. @throws ConfigError naming every problem */
export function writeConfig(file: string, raw: Json, options: { isNew?: boolean } = {}): void {
  parseConfig(raw, { file, baseDir: dirname(resolve(file)) });
  if (!options.isNew) copyFileSync(file, `${file}.bak`);
  const next = `${file}.new`;
  writeFileSync(next, `${JSON.stringify(raw, null, 2)}\n`, { mode: 0o640 });
  renameSync(next, file);
}

export type Difference = { key: string; left?: unknown; right?: unknown };

/** Every value that is not the same, by key, in order. */
export function differences(left: unknown, right: unknown, at = ''): Difference[] {
  if (isObject(left) && isObject(right)) {
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
    return keys.flatMap((key) => differences(left[key], right[key], at === '' ? key : `${at}.${key}`));
  }
  if (JSON.stringify(left) === JSON.stringify(right)) return [];
  return [{ key: at, ...(left !== undefined && { left }), ...(right !== undefined && { right }) }];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
