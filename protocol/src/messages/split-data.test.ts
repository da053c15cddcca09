import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitData } from './split-data.js';

/** What makes a message hard to cut: quotes, commas and the very texts that are looked for. */
const awkward = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('"data":', ',"time":"', '\\"data\\":', ',\\"time\\":\\"', '}', ',', '"'),
);
const value = fc.jsonValue({ stringUnit: 'grapheme-composite', maxDepth: 3 });
const data = fc.oneof(value, fc.dictionary(fc.oneof(awkward, fc.constantFrom('data', 'time')), value));

describe('a message that is read in two pieces', () => {
  it('is the message that JSON.parse reads, and the text of its data is the text of the data', () => {
    fc.assert(
      fc.property(awkward, data, fc.dictionary(awkward, value), (device, given, more) => {
        const text = JSON.stringify({ device, type: 12, data: given, time: '2026-11-22', clock: more });
        const split = splitData(text);
        if (!split) return;
        const whole = JSON.parse(text) as { data: unknown };
        expect(split.json).toEqual(whole);
        expect(JSON.parse(split.dataText)).toEqual(whole.data);
      }),
    );
  });

  it('works for what a station writes', () => {
    const text = '{"device":"1231","type":12,"data":{"readings":[]},"time":"2016-2-1","v":1}';
    expect(splitData(text)).toEqual({ json: JSON.parse(text), dataText: '{"readings":[]}' });
  });

  it('leaves alone what is written in any other way', () => {
    const others = [
      '{"device":"1231","type":12,"time":"2016-2-1","data":{}}',
      '{"device":"1231","type":12,"data" :{},"time":"2016-2-1"}',
      '{"device":"1231","data":{},"type":12,"time":"2016-2-1"}',
      '{"device":"1231","data":{},"time":"2016-2-1","data":{"other":true}}',
      '{"device":"1231","clock":{"data":1,"time":"2016-2-1"},"time":"2016-2-1"}',
      '{"device":"1231","data":{"readings":[{"slot":1,"time":"2016-2-1"}]}}',
      '{"device":"1231","data":{,"time":"2016-2-1"}',
      '["data":1,"time":""]',
    ];
    for (const text of others) expect(splitData(text), text).toBeNull();
  });
});
