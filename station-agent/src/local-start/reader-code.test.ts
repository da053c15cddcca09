import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReaderCode } from './reader-code.js';

describe('codes at the reader', () => {
  it.each([
    ['voltbay:v1:user=u-demo;vehicle=v-demo', { kind: 'rider', user: 'u-demo', vehicle: 'v-demo' }],
    [' voltbay:v1:vehicle=v%3A1;user=u;later=x\n', { kind: 'rider', user: 'u', vehicle: 'v:1' }],
    ['04:a1:b2:c3', { kind: 'card', cardId: '04A1B2C3' }],
    ['voltbay:v1:card=04A1B2C3', { kind: 'card', cardId: '04A1B2C3' }],
  ])('%s', (payload, expected) => expect(parseReaderCode(payload)).toEqual(expected));

  it.each([
    ['', /not a Voltbay code/],
    ['https://example.com', /not a Voltbay code/],
    ['voltbay:v2:user=u;vehicle=v', /not a Voltbay code/],
    ['voltbay:v1:user=u', /vehicle/],
    ['voltbay:v1:user=../../x;vehicle=v', /user/],
    ['voltbay:v1:user=%zz;vehicle=v', /percent/],
    ['voltbay:v1:card=xyz', /hex/],
    [`voltbay:v1:user=${'u'.repeat(300)};vehicle=v`, /200/],
  ])('refuses %s', (payload, detail) => {
    const code = parseReaderCode(payload);
    expect(code.kind).toBe('unreadable');
    if (code.kind === 'unreadable') expect(code.detail).toMatch(detail);
  });

  it('never throws and never yields an id that does not fit a path', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `voltbay:v1:user=${text};vehicle=v`),
        ),
        (payload) => {
          const code = parseReaderCode(payload);
          if (code.kind === 'rider') expect(code.user).toMatch(/^[A-Za-z0-9_.:-]{1,64}$/);
        },
      ),
    );
  });
});
