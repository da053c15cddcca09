import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardedLookup, isReservedAddress, urlFault } from './address-guard.js';

describe('addresses that a webhook must not reach', () => {
  it.each([
    '127.0.0.1',
    '127.255.0.9',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:7f00:1',
    '::127.0.0.1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    '[::1]',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'ff02::1',
    '2001:db8::1',
    'nonsense',
    '',
  ])('%s is reserved', (address) => expect(isReservedAddress(address)).toBe(true));

  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '2400:3200::1'])(
    '%s is public',
    (address) => expect(isReservedAddress(address)).toBe(false),
  );

  it('every mapped IPv4 address is refused, however it is written', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isReservedAddress(`::ffff:${address}`)).toBe(true);
        expect(isReservedAddress(new URL(`http://[::ffff:${address}]/`).hostname)).toBe(true);
      }),
    );
  });

  it.each([
    'http://example.com/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://localhost/',
    'https://localhost./',
    'https://a.internal/x',
    'https://[::1]/',
    'https://user:pw@example.com/',
    'ftp://example.com/',
    'https://intranet/',
    'not a url',
  ])('%s is refused as a URL', (url) => expect(urlFault(url, { allowPrivate: false })).not.toBeNull());

  it('a public https URL is fine, and private ones are when they are allowed', () => {
    expect(urlFault('https://example.com:8443/hook?x=1', { allowPrivate: false })).toBeNull();
    expect(urlFault('http://127.0.0.1:9/', { allowPrivate: true })).toBeNull();
  });

  it('a name that resolves to a reserved address is refused at the moment of connecting', async () => {
    const error = await new Promise((resolve) =>
      guardedLookup('localhost', { all: true }, (found) => resolve(found)),
    );
    expect(error).toMatchObject({ code: 'FORBIDDEN_ADDRESS' });
  });
});
