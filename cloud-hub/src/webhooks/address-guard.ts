import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { HubError } from '../errors.js';

/** The address is one that a webhook must not reach. */
export class ForbiddenAddressError extends HubError {
  constructor(message: string) {
    super('FORBIDDEN_ADDRESS', message);
  }
}

/** Networks that are not the public internet: RFC 6890 and its IPv6 counterpart. */
const RESERVED_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** `::/8` holds loopback and mapped IPv4; the other ranges with IPv4 inside (NAT64, 6to4, Teredo) are refused whole as well. */
const RESERVED_V6 = [
  '::/8',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

/** Whether an address literal is outside the public internet. What cannot be read counts as such. */
export function isReservedAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 4) return listOf(RESERVED_V4, 'ipv4').check(bare, 'ipv4');
  if (family !== 6) return true;
  return listOf(RESERVED_V6, 'ipv6').check(bare, 'ipv6');
}

function listOf(networks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [net = '', bits = ''] = network.split('/');
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}

/** Checks a webhook's URL as far as it can be without a network. Answers what is wrong, or null. */
export function urlFault(text: string, options: { allowPrivate: boolean }): string | null {
  if (!URL.canParse(text)) return 'not a URL; use https://host/path';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(options.allowPrivate && url.protocol === 'http:')) return 'use https://';
  if (url.username || url.password) return 'remove user name and password from the URL';
  if (options.allowPrivate) return null;
  const host = url.hostname.replace(/\.$/, '').toLowerCase();
  if (host === 'localhost' || /\.(localhost|local|internal|lan|home\.arpa)$/.test(host) || !/[.:]/.test(host))
    return 'use a public host name';
  if (isIP(host.replace(/^\[|\]$/g, '')) && isReservedAddress(host)) return 'use a public address';
  return null;
}

/**
 * A `lookup` for `http.request` that refuses reserved addresses. The check sits where the connection gets its address, so a name
 * that resolves differently a moment later cannot slip past it.
 */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) {
      callback(error, '', 0);
      return;
    }
    const bad = addresses.find(({ address }) => isReservedAddress(address));
    const [first] = addresses;
    if (bad || !first)
      callback(new ForbiddenAddressError(`${hostname} resolves to a reserved address`), '', 0);
    else if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
