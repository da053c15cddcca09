import { z } from 'zod';
import { nearestWord } from '../hardware/nearest-word.js';

/** The known key that an unknown one most likely means; null when none is near enough. A part of a key counts as near. */
export function nearestKey(key: string, known: readonly string[]): string | null {
  const lower = key.toLowerCase();
  const part = known.find((candidate) => {
    const other = candidate.toLowerCase();
    return lower.length >= 3 && (other.includes(lower) || lower.includes(other));
  });
  return part ?? nearestWord(key, known) ?? null;
}

/** Keys that an object schema knows at a path; empty where the path leads to no object with fixed keys. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: unknown = schema;
  for (const step of path) {
    current = bare(current);
    if (current instanceof z.ZodObject) current = current.shape[String(step)];
    else if (current instanceof z.ZodArray) current = current.element;
    else if (current instanceof z.ZodRecord) current = current.valueType;
    else return [];
  }
  current = bare(current);
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

function bare(schema: unknown): unknown {
  let current = schema;
  while (
    current instanceof z.ZodOptional ||
    current instanceof z.ZodDefault ||
    current instanceof z.ZodPrefault ||
    current instanceof z.ZodNullable
  )
    current = current.unwrap();
  return current;
}
