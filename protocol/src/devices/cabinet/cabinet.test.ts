import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii, singleBitFlips } from '../../../test/codec-properties.js';
import { missedEvents } from './events.js';
import {
  CABINET_ERRORS,
  type CabinetRequest,
  decodeField,
  decodeLine,
  encodeField,
  encodeLine,
  encodeRequest,
  parseCall,
  parseLine,
  readHello,
  readScan,
  readSlot,
  readStat,
} from './index.js';

/** Written from the protocol page, not from the codec. */
function line(body: string): string {
  let sum = 0;
  for (const char of body) sum ^= char.charCodeAt(0);
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}

function values(body: string): ReadonlyMap<string, string> {
  const parsed = parseLine(line(body));
  if (!parsed.ok || parsed.value.kind !== 'response' || !parsed.value.ok)
    throw new Error(`no values in ${body}`);
  return parsed.value.values;
}

function event(body: string): unknown {
  const parsed = parseLine(line(body));
  return parsed.ok ? parsed.value : parsed.error;
}

function errorOf(text: string): string {
  const parsed = parseLine(text);
  return parsed.ok ? 'none' : parsed.error;
}

const SCAN = 'R,7,OK,doors=CO?,locks=LUJ,packs=I-?,chg=01F,boot=57,seq=65535';

describe('cabinet lines', () => {
  it.each([
    '$C,1,HELLO*30\r\n',
    '$R,1,OK,proto=1,model=VB-C12,fw=1.4.0,serial=CAB0001,slots=12,boot=57,seq=0*75\r\n',
    '$C,2,OPEN,8,0192f3a2-1*4D\r\n',
    '$R,2,OK,dup=0*24\r\n',
    '$E,1,LOCK,8,unlocked*56\r\n',
    '$E,2,DOOR,8,open*4D\r\n',
  ])('%j of the protocol page is sound and is what we would send', (example) => {
    const body = decodeLine(example);
    expect(body.ok && encodeLine(body.value)).toBe(example);
  });

  it('are found after junk, a broken-off line and NULs, with or without CR LF', () => {
    for (const junk of ['', 'garbage', '\0\xff', '$E,1,DOO', '$*$']) {
      for (const end of ['\r\n', '\r', '\n', '']) {
        expect(errorOf(junk + line('E,2,DOOR,8,open').trimEnd() + end), JSON.stringify(junk + end)).toBe(
          'none',
        );
      }
    }
  });

  it('never accept a flipped bit of body or checksum', () => {
    const text = line(SCAN).trimEnd();
    for (const { at, flipped } of singleBitFlips(ascii(text))) {
      expect(parseLine(flipped).ok, `byte ${at}`).toBe(false);
    }
  });

  it('are never read when cut short', () => {
    const text = line(SCAN).trimEnd();
    for (let length = 0; length < text.length; length += 1) {
      expect(parseLine(text.slice(0, length)).ok, `${length} characters`).toBe(false);
    }
  });

  it('name why they are refused', () => {
    expect(errorOf('no line')).toBe('no_frame');
    expect(errorOf('$E,1,BOOT')).toBe('incomplete');
    expect(errorOf('$E,1,BOOT,1*1')).toBe('incomplete');
    expect(errorOf('$E,1,BOOT,1*zz')).toBe('invalid_hex');
    expect(errorOf(line('E,1,BOOT,1').replace('*', '0*'))).toBe('checksum');
    expect(errorOf(`${line('E,1,BOOT,1').trimEnd()}x`)).toBe('framing');
    expect(errorOf(line('E,1,BOOT,\x07'))).toBe('framing');
    expect(errorOf(line(`E,1,X,${'a'.repeat(1_000)}`))).toBe('length');
    expect(errorOf(line('C,1,PING'))).toBe('echo');
    expect(errorOf(line('Q,1'))).toBe('unknown_type');
  });

  it('never make the parser throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(parseLine(bytes).ok).toBe(false);
      }),
    );
    const word = fc.string({ maxLength: 12 }).map((text) => text.replace(/[^\x20-\x7e]|[$*]/g, ''));
    fc.assert(
      fc.property(fc.constantFrom('R', 'E', 'C'), fc.array(word, { maxLength: 8 }), (kind, fields) => {
        parseLine(line([kind, ...fields].join(',')));
      }),
    );
  });

  it('carry any text in a field', () => {
    const text = fc.string({ unit: 'binary', maxLength: 50 });
    fc.assert(
      fc.property(text, (value) => {
        const field = encodeField(value);
        expect(field).toMatch(/^[A-Za-z0-9\-_.~:/%]*$/);
        expect(decodeField(field)).toBe(value);
      }),
    );
    expect(encodeField('https://voltbay/q?a=1,2*$')).toBe('https://voltbay/q%3Fa%3D1%2C2%2A%24');
    expect(decodeField('%E4%BD')).toBeUndefined();
    expect(decodeField(encodeField('\ud800x'))).toBe('\ufffdx');
  });
});

describe('cabinet requests', () => {
  const cases: [CabinetRequest, string][] = [
    [{ verb: 'HELLO' }, 'C,9,HELLO'],
    [{ verb: 'PING' }, 'C,9,PING'],
    [{ verb: 'SCAN' }, 'C,9,SCAN'],
    [{ verb: 'STAT' }, 'C,9,STAT'],
    [{ verb: 'RSTC' }, 'C,9,RSTC'],
    [{ verb: 'SLOT', slot: 3 }, 'C,9,SLOT,3'],
    [{ verb: 'LOCK', slot: 3 }, 'C,9,LOCK,3'],
    [{ verb: 'OPEN', slot: 12, token: 'a-1' }, 'C,9,OPEN,12,a-1'],
    [{ verb: 'CHG', slot: 1, limitMa: 0 }, 'C,9,CHG,1,0'],
    [{ verb: 'LED', slot: 1, colour: 'blink' }, 'C,9,LED,1,blink'],
  ];

  it.each(cases)('%o is written as the page says and read back', (request, body) => {
    expect(encodeRequest(9, request)).toBe(line(body));
    const [, , verb, ...args] = body.split(',');
    expect(parseCall(body)).toEqual({ ok: true, value: { id: 9, verb, args } });
  });

  it('refuse arguments outside the protocol, naming them', () => {
    expect(() => encodeRequest(0, { verb: 'PING' })).toThrow(/id/);
    expect(() => encodeRequest(1, { verb: 'SLOT', slot: 0 })).toThrow(/slot/);
    expect(() => encodeRequest(1, { verb: 'OPEN', slot: 1, token: 'a,b' })).toThrow(/token/);
    expect(() => encodeRequest(1, { verb: 'OPEN', slot: 1, token: '' })).toThrow(/token/);
    expect(() => encodeRequest(1, { verb: 'CHG', slot: 1, limitMa: -1 })).toThrow(/limitMa/);
    expect(() => encodeRequest(1, { verb: 'CHG', slot: 1, limitMa: 1.5 })).toThrow(/limitMa/);
  });
});

describe('cabinet responses', () => {
  it('give the identity of the controller', () => {
    const hello = values('R,1,OK,proto=1,model=VB%20C12,fw=1.4.0,serial=CAB1,slots=12,boot=57,seq=3,new=x');
    expect(readHello(hello)).toEqual({
      ok: true,
      value: { proto: 1, model: 'VB C12', fw: '1.4.0', serial: 'CAB1', slots: 12, boot: 57, seq: 3 },
    });
    expect(readHello(values('R,1,OK,proto=x,slots=12,boot=57,seq=3'))).toMatchObject({ error: 'framing' });
  });

  it('give every slot of a scan', () => {
    expect(readScan(values(SCAN))).toEqual({
      ok: true,
      value: {
        boot: 57,
        seq: 65_535,
        slots: [
          { slot: 1, door: 'closed', lock: 'locked', pack: 'in', charger: 'off' },
          { slot: 2, door: 'open', lock: 'unlocked', pack: 'out', charger: 'on' },
          { slot: 3, door: 'unknown', lock: 'jam', pack: 'unknown', charger: 'fault' },
        ],
      },
    });
  });

  it('refuse a scan whose texts differ in length or hold an unknown character', () => {
    expect(readScan(values(SCAN.replace('CO?', 'CO')))).toMatchObject({ error: 'length' });
    expect(readScan(values(SCAN.replace('CO?', 'COX')))).toMatchObject({ error: 'framing' });
    expect(readScan(values('R,1,OK,boot=1,seq=1'))).toMatchObject({ error: 'length' });
  });

  it('give one slot with its label, and the building values that were sent', () => {
    const slot = 'R,1,OK,slot=4,door=closed,lock=locked,pack=in,tag=P%2C1,chg=on,mv=54000,ma=-20,limit=8000';
    expect(readSlot(values(slot))).toMatchObject({
      value: { slot: 4, tag: 'P,1', chargerMa: -20, limitMa: 8000 },
    });
    expect(readSlot(values(slot.replace('closed', 'ajar')))).toMatchObject({ error: 'framing' });
    const stat = 'R,1,OK,mains=off,wh=12345678901,mv=230100,tdc=-12,rhpm=455,smoke=0,water=1,tilt=x';
    expect(readStat(values(stat))).toEqual({
      mainsOn: false,
      mainsMv: 230_100,
      airDeciC: -12,
      humidityPerMille: 455,
      smoke: false,
      water: true,
    });
  });

  it.each(CABINET_ERRORS)('name the refusal %s', (code) => {
    expect(event(`R,5,ERR,${code},slot%203`)).toEqual({
      kind: 'response',
      id: 5,
      ok: false,
      code,
      text: 'slot 3',
    });
  });

  it('turn an unknown refusal into INTERNAL and keep its name', () => {
    expect(event('R,5,ERR,ODD,why')).toMatchObject({ ok: false, code: 'INTERNAL', text: 'ODD why' });
    expect(event('R,5,ERR')).toBe('framing');
    expect(event('R,x,OK')).toBe('framing');
    expect(event('R,5,MAYBE')).toBe('framing');
    expect(event('R,5,OK,novalue')).toBe('framing');
  });
});

describe('cabinet events', () => {
  it.each([
    ['E,0,BOOT,58', { name: 'BOOT', boot: 58 }],
    ['E,1,DOOR,8,open', { name: 'DOOR', slot: 8, door: 'open' }],
    ['E,1,LOCK,8,jam', { name: 'LOCK', slot: 8, lock: 'jam' }],
    ['E,1,PACK,8,in,tag=P1', { name: 'PACK', slot: 8, pack: 'in', tag: 'P1' }],
    ['E,1,PACK,8,out', { name: 'PACK', slot: 8, pack: 'out' }],
    ['E,1,CHG,8,fault', { name: 'CHG', slot: 8, charger: 'fault' }],
    ['E,1,READ,qr,a%2Cb', { name: 'READ', source: 'qr', payload: 'a,b' }],
    ['E,1,ENV,smoke,1', { name: 'ENV', input: 'smoke', active: true }],
    ['E,1,ENV,temp,653', { name: 'ENV', input: 'temp', deciC: 653 }],
    ['E,1,MAINS,off', { name: 'MAINS', on: false }],
    ['E,1,FAN,3,on', { name: 'UNKNOWN', event: 'FAN', args: ['3', 'on'] }],
  ])('%s', (body, expected) => {
    expect(event(body)).toMatchObject({ kind: 'event', ...expected });
  });

  it.each([
    'E,70000,BOOT,1',
    'E,1',
    'E,1,DOOR,0,open',
    'E,1,DOOR,8,ajar',
    'E,1,READ,nfc,x',
    'E,1,READ,qr,%E4',
    'E,1,ENV,smoke,2',
  ])('%s is refused', (body) => {
    expect(event(body)).toBe('framing');
  });

  it('are counted across the wrap of their number', () => {
    expect(missedEvents(5, 6)).toBe(0);
    expect(missedEvents(65_535, 0)).toBe(0);
    expect(missedEvents(65_534, 1)).toBe(2);
  });
});
