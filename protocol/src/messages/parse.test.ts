import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MESSAGE_LIMITS, parseDownlink, parseTime, parseUplink } from './index.js';

const seedInfo = {
  device: '1231',
  type: 0,
  data: { battery: { bluetooth: true, charge: true, maxVol: 3_650 } },
  time: '2016-2-1',
};

describe('messages of the 2021 plan', () => {
  it('accepts STATION_INFO with the four fields alone', () => {
    const result = parseUplink(JSON.stringify(seedInfo));
    expect(result).toMatchObject({ ok: true, envelope: { device: '1231', type: 0, data: seedInfo.data } });
  });

  it('accepts SERVER_ASK_CHARGE and SERVER_ASK_INFO as the plan writes them', () => {
    const charge = { device: '1231', type: 1, data: { user: '1234', vehicle: '1234' }, time: '2016-2-1' };
    expect(parseDownlink(JSON.stringify(charge))).toMatchObject({ ok: true });
    for (const type of [2, 3, 4])
      expect(parseDownlink(JSON.stringify({ device: '1231', type, time: '2016-2-1' }))).toMatchObject({
        ok: true,
      });
  });

  it('ignores unknown fields and names an unknown type without losing the envelope', () => {
    expect(parseUplink(JSON.stringify({ ...seedInfo, colour: 'red' }))).toMatchObject({ ok: true });
    expect(parseUplink(JSON.stringify({ ...seedInfo, type: 999 }))).toMatchObject({
      ok: false,
      code: 'UNSUPPORTED',
      envelope: { device: '1231', type: 999 },
    });
  });
});

describe('bad messages are refused with a code and the field', () => {
  const cases: [string, string, string, RegExp][] = [
    ['not JSON', '{"device":', 'NOT_JSON', /JSON/],
    ['an array', '[]', 'BAD_ENVELOPE', /object/],
    ['a device with a wildcard', JSON.stringify({ ...seedInfo, device: 'a/#' }), 'BAD_ENVELOPE', /device/],
    ['an impossible date', JSON.stringify({ ...seedInfo, time: '2016-2-30' }), 'BAD_ENVELOPE', /time/],
    [
      'a text voltage',
      JSON.stringify({ ...seedInfo, data: { battery: { voltageMv: '48V' } } }),
      'BAD_DATA',
      /data\.battery/,
    ],
    ['too deep', `${'['.repeat(40)}${']'.repeat(40)}`, 'TOO_DEEP', /12/],
    [
      'too large',
      JSON.stringify({ ...seedInfo, pad: 'x'.repeat(MESSAGE_LIMITS.maxPayloadBytes) }),
      'TOO_LARGE',
      /262144/,
    ],
  ];
  it.each(cases)('%s', (_name, payload, code, detail) => {
    const result = parseUplink(payload);
    expect(result).toMatchObject({ ok: false, code });
    if (!result.ok) expect(result.detail).toMatch(detail);
  });

  it('does not let __proto__ through', () => {
    const result = parseUplink('{"__proto__":{"polluted":1},"device":"1","type":2,"time":"2016-2-1"}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(result.ok).toBe(false);
  });

  it('never throws on random bytes or random JSON', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.json().map((text) => new TextEncoder().encode(text)),
        ),
        (bytes) => {
          expect(typeof parseUplink(bytes).ok).toBe('boolean');
          expect(typeof parseDownlink(bytes).ok).toBe('boolean');
        },
      ),
    );
  });
});

describe('parseTime', () => {
  it('reads ISO 8601 and the plan’s short date', () => {
    expect(parseTime('2016-2-1')).toBe(Date.UTC(2016, 1, 1));
    expect(parseTime('2026-11-22T08:00:00.000Z')).toBe(Date.UTC(2026, 10, 22, 8));
    expect(parseTime('yesterday')).toBeNull();
  });
});
