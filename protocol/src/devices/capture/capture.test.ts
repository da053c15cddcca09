import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceFrame, u16 } from '../../../test/ascii-device.js';
import { CAPTURE_PROTOCOLS, decodeCapture } from './capture.js';
import { type CaptureCase, readCaptureFile } from './case.js';

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');
const analog = (mv: number, pack: number): string =>
  deviceFrame(
    `00${pack.toString(16).padStart(2, '0')}01${u16(3300)}00${u16(0)}${u16(mv)}${u16(100)}02${u16(200)}0001`,
  );
const request = (cid2: string, pack: string): string => hex(deviceFrame(pack, { rtn: cid2 }));

function pylontech(over: Partial<CaptureCase>): CaptureCase {
  return { id: 'x', protocol: 'pylontech-rs485', frames: [], ...over };
}

describe('capture', () => {
  it('keeps packs apart that were asked for one by one, and gives each its serial number', () => {
    const serial = (pack: string): string =>
      deviceFrame(`${pack}${Buffer.from(`SN${pack}`.padEnd(16)).toString('hex')}`);
    const result = decodeCapture(
      pylontech({
        requests_hex: [request('42', '02'), request('93', '02'), request('42', '03'), request('93', '03')],
        frames: [analog(50_000, 2), serial('02'), analog(51_000, 3), serial('03')].map(hex),
      }),
    );
    expect(result.packs).toMatchObject([
      { voltageMv: 50_000, serial: 'SN02' },
      { voltageMv: 51_000, serial: 'SN03' },
    ]);
    expect(result.reading).toBeUndefined();
  });

  it('does not give one pack the alarms of another', () => {
    const pace = (info: string): string => hex(deviceFrame(info, { version: '25', address: '01' }));
    const values = (pack: string, mv: number): string =>
      pace(`00${pack}01${u16(3300)}00${u16(0)}${u16(mv)}${u16(100)}03${u16(200)}0001${u16(200)}`);
    const status = (pack: string, protection: string): string =>
      pace(`00${pack}010000000000${protection}0006000000000000`);
    const frames = [values('01', 50_000), values('02', 51_000), status('01', '00'), status('02', '02')];
    const result = decodeCapture({ id: 'x', protocol: 'pace-rs485-v25', frames });
    expect(result.rejected).toBeUndefined();
    expect(result.packs).toMatchObject([
      { voltageMv: 50_000, alarms: [] },
      { voltageMv: 51_000, alarms: ['cell_under_voltage'] },
    ]);
  });

  it('keeps Seplos packs apart by bus address', () => {
    const telemetry = (address: string, centiV: number): string =>
      hex(
        deviceFrame(
          `000001${u16(3300)}00${u16(0)}${u16(centiV)}${u16(100)}06${[200, 500, 200, 1, 1000, 0].map(u16).join('')}`,
          { address },
        ),
      );
    const frames = [telemetry('00', 5000), telemetry('01', 5100)];
    expect(decodeCapture({ id: 'x', protocol: 'seplos-v2-rs485', frames }).packs).toMatchObject([
      { voltageMv: 50_000 },
      { voltageMv: 51_000 },
    ]);
  });

  it('passes over echoes and finds the answers behind them', () => {
    const frames = [request('42', '02'), hex(analog(50_000, 2))];
    const result = decodeCapture(pylontech({ request_hex: request('42', '02'), frames }));
    expect(result).toMatchObject({ ok: true, reading: { voltageMv: 50_000 }, rejected: [{ error: 'echo' }] });
  });

  it('recognises answers by shape when a request stayed unanswered', () => {
    const result = decodeCapture(
      pylontech({
        requests_hex: [request('93', '02'), request('42', '02')],
        frames: [hex(analog(50_000, 2))],
      }),
    );
    expect(result).toMatchObject({ ok: true, reading: { voltageMv: 50_000 } });
  });

  it('understands requests whose LENGTH counts bytes, as some hosts send them', () => {
    const [serial, values] = ['~20024693F00102FD31\r', '~20024642F00102FD36\r'].map(hex);
    const texts = Buffer.from('SN02'.padEnd(16)).toString('hex');
    const result = decodeCapture(
      pylontech({
        requests_hex: [serial ?? '', values ?? ''],
        frames: [hex(deviceFrame(`02${texts}`)), hex(analog(50_000, 2))],
      }),
    );
    expect(result).toMatchObject({ reading: { serial: 'SN02', voltageMv: 50_000 } });
  });

  it('takes the command from its name when the request was not recorded', () => {
    const frames = [hex(deviceFrame('', {}))];
    expect(decodeCapture(pylontech({ command: '0x4F', frames }))).toMatchObject({
      info: { protocolVersion: '2.0' },
    });
  });

  it('shows the content of a sound frame that it can not name', () => {
    expect(decodeCapture(pylontech({ frames: [hex(deviceFrame('0102030405'))] }))).toMatchObject({
      ok: true,
      info: { frameOk: true, infoHex: '0102030405' },
    });
  });

  it('names an unknown protocol, hex that is none and an empty capture', () => {
    expect(decodeCapture({ id: 'x', protocol: 'nobus', frames: [] })).toMatchObject({
      error: 'unknown_type',
    });
    expect(decodeCapture({ id: 'x', protocol: 'constructor', frames: [] })).toMatchObject({
      error: 'unknown_type',
    });
    expect(decodeCapture(pylontech({ frames: ['7e3'] }))).toMatchObject({
      error: 'invalid_hex',
      detail: /frames\[0\]/,
    });
    expect(decodeCapture(pylontech({ request_hex: 'zz' }))).toMatchObject({ error: 'invalid_hex' });
    for (const protocol of CAPTURE_PROTOCOLS) {
      expect(decodeCapture({ id: 'x', protocol, frames: [] })).toMatchObject({
        ok: false,
        error: 'no_frame',
      });
    }
  });

  it.each(CAPTURE_PROTOCOLS)(
    'never throws on random bytes as %s and never makes a reading of them',
    (protocol) => {
      fc.assert(
        fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (frames) => {
          const result = decodeCapture({
            id: 'x',
            protocol,
            frames: frames.map((f) => Buffer.from(f).toString('hex')),
          });
          expect(result.ok).toBe(false);
        }),
      );
    },
  );
});

describe('capture file', () => {
  it('is a list of cases', () => {
    expect(readCaptureFile([{ id: 'a', protocol: 'jbd', frames: ['dd'], note: 'ignored' }])).toMatchObject({
      ok: true,
    });
  });

  it.each([
    [{}, /array/],
    [[null], /\[0\]: an object/],
    [[{ id: '', protocol: 'jbd', frames: [] }], /\[0\]\.id/],
    [[{ id: 'a', frames: [] }], /\.protocol/],
    [[{ id: 'a', protocol: 'jbd' }], /\.frames/],
    [[{ id: 'a', protocol: 'jbd', frames: [1] }], /\.frames/],
    [[{ id: 'a', protocol: 'jbd', frames: [], requests_hex: 'dd' }], /\.requests_hex/],
    [[{ id: 'a', protocol: 'jbd', frames: [], request_hex: 7 }], /\.request_hex/],
  ])('that is %j names what is wrong', (json, problem) => {
    const result = readCaptureFile(json);
    expect(result.ok ? '' : result.problem).toMatch(problem);
  });
});
