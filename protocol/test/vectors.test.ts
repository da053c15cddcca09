import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CaptureCase, cabinet, decodeCapture } from '../src/devices/index.js';

/** Our own vectors; every device simulator is checked against the same files. */
const FOLDER = new URL('../vectors/', import.meta.url);

type Vector = Partial<CaptureCase> & { id: string; line?: string; expected?: object; error?: string };
type VectorFile = { provenance: string; cases: Vector[] };

function files(kind: 'valid' | 'invalid'): [name: string, file: VectorFile][] {
  const folder = new URL(`${kind}/`, FOLDER);
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as VectorFile]);
}

function decode(vector: Vector): { error?: string; value: unknown } {
  if (vector.line !== undefined) {
    const parsed = cabinet.parseLine(vector.line);
    return parsed.ok ? { value: parsed.value } : { error: parsed.error, value: undefined };
  }
  const result = decodeCapture(vector as CaptureCase);
  return { ...(result.error && { error: result.error }), value: result };
}

describe.each(files('valid'))('valid vectors: %s', (_, file) => {
  it('say where they come from', () => {
    expect(file.provenance.length).toBeGreaterThan(20);
  });

  it.each(file.cases)('$id gives the stated values', (vector) => {
    const { error, value } = decode(vector);
    expect(error).toBeUndefined();
    expect(value).toMatchObject(vector.expected ?? {});
  });
});

describe.each(files('invalid'))('invalid vectors: %s', (_, file) => {
  it.each(file.cases)('$id is refused as $error', (vector) => {
    expect(decode(vector).error).toBe(vector.error);
  });
});
