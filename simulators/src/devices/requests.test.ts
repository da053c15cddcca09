import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asciiChecksum,
  createLineReceiver,
  encodeAnswer,
  lengthWord,
  parseRequest,
} from './ascii-bus/frame.js';
import { createJbdReceiver } from './jbd/frame.js';

describe('ASCII frames', () => {
  it('knows the length words and checksums of the published examples', () => {
    expect(lengthWord(0)).toBe(0x0000);
    expect(lengthWord(2)).toBe(0xe002);
    expect(lengthWord(0x4c)).toBe(0x004c);
    expect(asciiChecksum('20024600800800000000')).toBe(0xfc22);
  });

  it('reads back any frame that it can write', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(255), fc.nat(255), (info, adr, rtn) => {
        const frame = encodeAnswer({ ver: 0x20, adr, cid1: 0x46, rtn }, info);
        const line = Buffer.from(frame).toString('latin1').slice(0, -1);
        const result = parseRequest(line);
        expect(result.ok && Buffer.from(result.request.info).equals(Buffer.from(info))).toBe(true);
        expect(result.ok && [result.request.adr, result.request.cid2]).toEqual([adr, rtn]);
      }),
    );
  });

  it('refuses a frame with one changed character, and tells length faults from others', () => {
    const good = '~20024642E00202FD33';
    expect(parseRequest(good)).toMatchObject({ ok: true });
    expect(parseRequest('~20024642E00203FD33')).toMatchObject({ ok: false, reason: 'checksum' });
    expect(parseRequest('~2002464200020200FD41'.slice(0, 19))).toMatchObject({ ok: false });
    expect(parseRequest('~2002')).toEqual({ ok: false, reason: 'not-a-frame' });
    const short = '200246420002' + '02';
    const withSum = `~${short}${asciiChecksum(short).toString(16).toUpperCase().padStart(4, '0')}`;
    expect(parseRequest(withSum)).toMatchObject({ ok: false, reason: 'length' });
    expect(parseRequest(withSum, true)).toMatchObject({ ok: true });
  });

  it('finds lines whatever stands between them and however they arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 }), fc.nat(18), (noise, cut) => {
        const receive = createLineReceiver();
        for (const chunk of noise) receive(chunk);
        const frame = Buffer.from('~20024642E00202FD33\r');
        const lines = [...receive(frame.subarray(0, cut)), ...receive(frame.subarray(cut))];
        expect(lines).toEqual(['~20024642E00202FD33']);
      }),
    );
  });
});

describe('JBD requests', () => {
  const read = Buffer.from('dda50300fffd77', 'hex');

  it('finds a request behind noise that holds no start byte, however it is cut up', () => {
    const noise = fc.uint8Array({ maxLength: 30 }).map((bytes) => bytes.filter((byte) => byte !== 0xdd));
    fc.assert(
      fc.property(noise, fc.nat(6), (before, cut) => {
        const receive = createJbdReceiver();
        const found = [...receive(before), ...receive(read.subarray(0, cut)), ...receive(read.subarray(cut))];
        expect(found).toEqual([{ write: false, command: 3, data: new Uint8Array() }]);
      }),
    );
  });

  it('recovers from a damaged request and never grows', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }), (chunks) => {
        const receive = createJbdReceiver();
        for (const chunk of chunks) receive(chunk);
        // The longest frame that noise can have begun is over after this many zeros.
        receive(new Uint8Array(70));
        expect(receive(read)).toHaveLength(1);
      }),
    );
  });
});
