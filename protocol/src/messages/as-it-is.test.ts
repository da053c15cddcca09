import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileAsItIs } from './as-it-is.js';
import { DOWNLINK_DATA_SCHEMAS } from './downlink.js';
import { downlinkEnvelopeSchema, uplinkEnvelopeSchema } from './envelope.js';
import { parseUplink } from './parse.js';
import { MSG_TYPE } from './types.js';
import { UPLINK_DATA_SCHEMAS } from './uplink.js';

const reading = {
  slot: 1,
  bluetooth: false,
  charge: true,
  maxVol: 3316,
  serial: 'VB-A-0101',
  voltageMv: 52_000,
  currentMa: -10_000,
  socPct: 61.5,
  cellMv: [3301, 3302],
  temperaturesDeciC: [-20, 245],
  alarms: [],
  time: '2026-11-22T08:00:00.000Z',
};
const station = {
  mode: 'in-service',
  versions: { agent: '1.2.3', config: 'abc' },
  connectivity: { cabinet: true, rssi: -70 },
};
const telemetry = { readings: [reading, { ...reading, slot: 2 }] };

/** A valid value with any of its parts replaced, removed or added to: near misses of every kind. */
const spoiled = (value: unknown): fc.Arbitrary<unknown> => {
  const odd = fc.oneof(
    fc.constantFrom(null, undefined, -1, 1.5, Number.NaN, 1e300, '', 'x', true, [], {}),
    fc.anything({ withNullPrototype: false, maxDepth: 2 }),
  );
  if (Array.isArray(value))
    return fc.oneof(
      fc.constant(value),
      fc.tuple(...value.map(spoiled)),
      fc.array(odd, { maxLength: 3 }),
      odd,
    );
  if (typeof value === 'object' && value !== null)
    return fc.oneof(
      fc.record(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spoiled(inner)])), {
        requiredKeys: [],
      }),
      fc.tuple(fc.string(), odd).map(([key, extra]) => ({ ...value, [key]: extra })),
      fc.constant(value),
    );
  return fc.oneof({ weight: 20, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: odd });
};

describe('a quick look at a message', () => {
  it('passes nothing that the schema would refuse or change', () => {
    const cases: readonly [z.ZodType, unknown][] = [
      ...Object.values(UPLINK_DATA_SCHEMAS).map((schema): [z.ZodType, unknown] => [schema, telemetry]),
      [
        UPLINK_DATA_SCHEMAS[MSG_TYPE.STATION_INFO],
        { battery: reading, slots: [{ slot: 1, door: 'open', occupied: null }], station: { mainsOn: true } },
      ],
      [UPLINK_DATA_SCHEMAS[MSG_TYPE.STATION_INFO], { station }],
      [z.record(z.string().max(4), z.unknown()), { a: 1, b: 'x', c: [true] }],
      [
        UPLINK_DATA_SCHEMAS[MSG_TYPE.STATION_EVENT],
        { kind: 'door', slot: 1, state: 'open', expected: true, at: '2026-11-22T08:00:00.000Z' },
      ],
      [
        z.object({ a: z.tuple([z.number()]).optional(), b: z.string().default('x'), c: z.coerce.number() }),
        { a: [1], b: 'y', c: 1 },
      ],
      [uplinkEnvelopeSchema.omit({ data: true }), { device: '1231', type: 12, time: '2016-2-1', epoch: 1 }],
      [downlinkEnvelopeSchema.omit({ data: true }), { device: '1231', type: 1, time: '2016-2-1', ttlMs: 5 }],
    ];
    for (const [schema, valid] of cases) {
      const quick = compileAsItIs(schema);
      fc.assert(
        fc.property(spoiled(valid), (made) => {
          // Only what JSON can carry comes in.
          const text = JSON.stringify(made);
          const value: unknown = text === undefined ? undefined : JSON.parse(text);
          if (!quick(value)) return;
          const result = schema.safeParse(value);
          expect(result.success).toBe(true);
          expect(result.data).toStrictEqual(value);
        }),
        { numRuns: 400 },
      );
    }
  });

  it('passes what stations send, so that the schema is not asked', () => {
    expect(compileAsItIs(UPLINK_DATA_SCHEMAS[MSG_TYPE.TELEMETRY])(telemetry)).toBe(true);
    const info = { battery: telemetry.readings, station };
    expect(compileAsItIs(UPLINK_DATA_SCHEMAS[MSG_TYPE.STATION_INFO])(info)).toBe(true);
    expect(compileAsItIs(DOWNLINK_DATA_SCHEMAS[MSG_TYPE.SERVER_ASK_INFO])(undefined)).toBe(true);
  });

  it('does not let a field called __proto__ through', () => {
    const text = `{"device":"1231","type":12,"time":"2016-2-1","data":{"readings":[{"slot":1,"__proto__":{"slot":2}}]}}`;
    const result = parseUplink(text);
    expect(result.ok && JSON.stringify(result.envelope.data)).toBe('{"readings":[{"slot":1}]}');
  });
});
