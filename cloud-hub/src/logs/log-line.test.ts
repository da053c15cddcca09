import { describe, expect, it } from 'vitest';
import { hubLine, isKept, redactedFields, redactedText, stationLines } from './log-line.js';

const JWT = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1LTEifQ.c2lnbmF0dXJl';
const KEY = `vbk_${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}.${'s'.repeat(43)}`;
const SECRETS = [JWT, KEY, 'hunter2-and-more', 'whsec_MfKQ9r8GKYqrTwjU', '246810'];
const TEXTS = [
  `token ${JWT} refused`,
  `Authorization: Bearer ${JWT}`,
  `key ${KEY} used`,
  'password=hunter2-and-more',
  '{"password":"hunter2-and-more"}',
  'secret: hunter2-and-more',
  'mqtt://1231:hunter2-and-more@hub.example.com',
  'signed with whsec_MfKQ9r8GKYqrTwjU',
  'code: 246810',
];

describe('redaction', () => {
  it.each(TEXTS)('takes secrets out of running text: %s', (text) => {
    for (const secret of SECRETS) expect(redactedText(text)).not.toContain(secret);
    expect(redactedText(text)).toContain('[redacted]');
  });
  it('masks mobile numbers and leaves what support needs', () => {
    expect(redactedText('rider 13800000001 at slot 12')).toBe('rider 138****0001 at slot 12');
    const plain = 'order o-019ab3c4 at 1231: door 3 did not open, 4012 mV';
    expect(redactedText(plain)).toBe(plain);
  });
  it('takes them out of fields at any depth, by name and by form', () => {
    const fields = {
      user: { password: 'hunter2-and-more', note: `Bearer ${JWT}` },
      list: [{ accessToken: 'x' }, KEY],
      slot: 3,
    };
    const text = JSON.stringify(redactedFields(fields));
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({ slot: 3, user: { password: '[redacted]' } });
  });
});

describe('lines', () => {
  const line = (more: object) => JSON.stringify({ level: 'info', time: '2026-11-22T08:00:00.000Z', ...more });
  it('of the hub are kept when somebody may ask for them', () => {
    expect(isKept(line({ level: 'warn', msg: 'x' }))).toBe(true);
    expect(isKept(line({ orderId: 'o-1', msg: 'x' }))).toBe(true);
    expect(isKept(line({ msg: 'request', method: 'POST' }))).toBe(true);
    expect(isKept(line({ msg: 'request', method: 'GET' }))).toBe(false);
    expect(isKept(line({ msg: 'hub started' }))).toBe(false);
  });
  it('belong to the tenant that they name, else to that of their station, else to the home tenant', () => {
    const options = {
      id: 'x',
      homeTenantId: 'home',
      tenantOf: (device: string) => (device === '1231' ? 'acme' : undefined),
    };
    const tenant = (more: object) => hubLine(line({ msg: 'm', ...more }), options)?.tenantId;
    expect(tenant({ tenantId: 'other', device: '1231' })).toBe('other');
    expect(tenant({ device: '1231' })).toBe('acme');
    expect(tenant({ device: '9999' })).toBe('home');
    expect(tenant({})).toBe('home');
    expect(hubLine('not JSON', options)).toBeNull();
  });
  it('of a station have an id each, so that a repeat is the same line', () => {
    const message = { _id: '1231/0/1/7', tenantId: 't', device: '1231' };
    const data = {
      lines: ['a', 'b'].map((msg) => ({
        at: '2026-11-22T08:00:00.000Z',
        level: 'info' as const,
        msg,
        fields: { requestId: 'r-1', orderId: 'o-1', slot: 3 },
      })),
    };
    const [first, second] = stationLines(message, data);
    expect(first).toMatchObject({ requestId: 'r-1', orderId: 'o-1', device: '1231', fields: { slot: 3 } });
    expect(first?._id).not.toBe(second?._id);
    expect(stationLines(message, data)).toEqual([first, second]);
  });
});
