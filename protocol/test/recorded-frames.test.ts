import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CAPTURE_PROTOCOLS, type CaptureCase, decodeCapture, readCaptureFile } from '../src/devices/index.js';

/** Recorded frames with expected values; they live beside the repository and are not part of it. */
const FILE = new URL('../../../shared/bms/frames-dev.json', import.meta.url);

/** Protocols that are knowingly not decoded, with the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {};

type Expected = Record<string, unknown>;
type RecordedCase = CaptureCase & {
  expected: Expected | null;
  expect_error?: string;
  also_accept?: string[];
};

/** File unit → suffix and factor of ours. Order matters: `_Ah` before `_A`. */
const UNITS: readonly [suffix: string, ours: string, factor: number][] = [
  ['_Ah', 'Mah', 1000],
  ['_mV', 'Mv', 1],
  ['_V', 'Mv', 1000],
  ['_A', 'Ma', 1000],
  ['_C', 'DeciC', 10],
  ['_pct', 'Pct', 1],
];

function inOurUnits(name: string, value: unknown): [string, unknown] {
  const unit = UNITS.find(([suffix]) => name.endsWith(suffix));
  const stem = unit ? name.slice(0, -unit[0].length) : name;
  const camel = stem.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const scale = (v: unknown): unknown =>
    unit && typeof v === 'number' && unit[2] !== 1 ? Math.round(v * unit[2]) : v;
  return [camel + (unit?.[1] ?? ''), Array.isArray(value) ? value.map(scale) : scale(value)];
}

function expectValues(actual: Record<string, unknown>, expected: Expected): void {
  for (const [theirs, raw] of Object.entries(expected)) {
    if (theirs === 'packs') continue;
    if (theirs === 'serial_prefix') {
      expect(actual.serial, theirs).toMatch(new RegExp(`^${String(raw)}`));
      continue;
    }
    const [name, value] = inOurUnits(theirs, raw);
    if (typeof value === 'number' && name.endsWith('Pct')) expect(actual[name], name).toBeCloseTo(value, 2);
    else expect(actual[name], name).toEqual(value);
  }
}

function expectCase(recorded: RecordedCase): void {
  const result = decodeCapture(recorded);
  if (recorded.expected === null) {
    expect(result.ok).toBe(false);
    expect([recorded.expect_error, ...(recorded.also_accept ?? [])]).toContain(result.error);
    expect(result.reading ?? result.packs ?? result.info).toBeUndefined();
    return;
  }
  expect(result.error, result.detail).toBeUndefined();
  expectValues({ ...result.info, ...result.reading }, recorded.expected);
  const packs = recorded.expected.packs as Expected[] | undefined;
  if (packs === undefined) return;
  expect(result.packs).toHaveLength(packs.length);
  for (const [i, pack] of packs.entries()) expectValues({ ...result.packs?.[i] }, pack);
}

if (!existsSync(FILE)) {
  describe('recorded frames', () => {
    it.skip(`SKIPPED: ${FILE.pathname} is absent, so no recorded frame was checked`, () => {});
  });
} else {
  const read = readCaptureFile(JSON.parse(readFileSync(FILE, 'utf8')));
  if (!read.ok) throw new Error(read.problem);
  const cases = read.cases as RecordedCase[];
  describe.each([...new Set(cases.map((recorded) => recorded.protocol))])(
    'recorded frames: %s',
    (protocol) => {
      it.each(cases.filter((recorded) => recorded.protocol === protocol))('$id', (recorded) => {
        const reason = LEFT_OUT[recorded.protocol];
        if (reason === undefined) expectCase(recorded);
        else expect(decodeCapture(recorded), reason).toMatchObject({ ok: false, error: 'unknown_type' });
      });
    },
  );

  describe('recorded frames', () => {
    it('cover every protocol that the capture decoder knows, but those without a recording', () => {
      const recorded = new Set(cases.map((entry) => entry.protocol));
      expect(CAPTURE_PROTOCOLS.filter((protocol) => !recorded.has(protocol))).toEqual(['pace-rs485-v20']);
    });

    it.each(cases.filter((recorded) => recorded.expected !== null && !LEFT_OUT[recorded.protocol]))(
      '$id gives the same result when every byte arrives alone',
      (recorded) => {
        const whole = decodeCapture(recorded);
        const bytes = recorded.frames.join('').match(/../g) ?? [];
        const single = decodeCapture({ ...recorded, frames: bytes });
        expect({ ...single, rejected: undefined }).toEqual({ ...whole, rejected: undefined });
      },
    );
  });
}
