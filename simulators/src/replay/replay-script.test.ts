import { describe, expect, it } from 'vitest';
import { chooseCases, parseCapture } from './capture.js';
import { createReplayScript } from './replay-script.js';

const aCase = (id: string, change: object = {}) => ({
  id,
  protocol: 'jbd',
  transport: 'serial',
  request_hex: 'dda50300fffd77',
  frames: ['dd0301', '02'],
  ...change,
});

const scriptOf = (...cases: object[]) => createReplayScript(parseCapture(cases, 'test'));
const say = (script: ReturnType<typeof scriptOf>, text: string) =>
  script.receive(Buffer.from(text, 'hex')).map((frame) => frame.toString('hex'));

describe('replay', () => {
  it('answers a recorded request, however it is cut up and whatever stands before it', () => {
    const script = scriptOf(aCase('a'));
    expect(say(script, '00ffdda5')).toEqual([]);
    expect(say(script, '0300fffd77')).toEqual(['dd0301', '02']);
    expect(script.unknown()).toBe(0);
  });

  it('lets cases with the same request take turns', () => {
    const script = scriptOf(aCase('a'), aCase('b', { frames: ['beef'] }));
    const ask = () => say(script, 'dda50300fffd77');
    expect([ask(), ask(), ask()]).toEqual([['dd0301', '02'], ['beef'], ['dd0301', '02']]);
  });

  it('pairs several requests with as many frames, and answers two requests that arrive at once', () => {
    const script = scriptOf(
      aCase('a', { request_hex: undefined, requests_hex: ['01aa', '02bb'], frames: ['11', '22'] }),
    );
    expect(say(script, '02bb')).toEqual(['22']);
    expect(say(script, '01aa02bb')).toEqual(['11', '22']);
  });

  it('answers unknown requests only with cases that have none', () => {
    const known = scriptOf(aCase('a'));
    expect(say(known, '4242')).toEqual([]);
    expect(known.unknown()).toBe(1);
    const loose = scriptOf(aCase('a', { request_hex: undefined }));
    expect(say(loose, '4242')).toEqual(['dd0301', '02']);
  });

  it('refuses what is no capture, and a mixture that one line cannot speak', () => {
    expect(() => parseCapture([aCase('a', { frames: ['zz'] })], 'x.json')).toThrow(
      /0\.frames\.0.*hexadecimal/,
    );
    expect(() => parseCapture({}, 'x.json')).toThrow(/no capture/);
    const mixed = parseCapture([aCase('a'), aCase('b', { protocol: 'jk-uart' })], 'x.json');
    expect(() => chooseCases(mixed, { ids: [] })).toThrow(/jbd \(serial\) and jk-uart \(serial\)/);
    expect(() => chooseCases(mixed, { ids: ['c'] })).toThrow(/no case c/);
    expect(chooseCases(mixed, { ids: [], protocol: 'jk-uart' }).map((one) => one.id)).toEqual(['b']);
    expect(chooseCases(mixed, { ids: ['a'] }).map((one) => one.id)).toEqual(['a']);
  });
});
