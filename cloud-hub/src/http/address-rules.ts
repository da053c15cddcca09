import { BlockList, isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { answerProblem } from './pipeline.js';
import { problem } from './problem.js';
import { addressOf, requestIdOf } from './request-facts.js';

export type AddressRules = Readonly<{ allow: readonly string[]; deny: readonly string[] }>;
type Network = { address: string; prefix: number; family: 'ipv4' | 'ipv6' };

/** `10.0.0.0/8`, `::1`: null when it is neither an address nor a network. */
export function parseNetwork(text: string): Network | null {
  const [address = '', prefixText, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return null;
  const bits = version === 4 ? 32 : 128;
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return null;
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  return prefix > bits ? null : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** Whether an address may call at all. What is no address is refused as soon as there is an `allow` list. */
export function createAddressCheck(rules: AddressRules): (address: string) => boolean {
  const listOf = (networks: readonly string[]) => {
    const list = new BlockList();
    for (const text of networks) {
      const network = parseNetwork(text);
      if (network) list.addSubnet(network.address, network.prefix, network.family);
    }
    return list;
  };
  const [allow, deny] = [listOf(rules.allow), listOf(rules.deny)];
  return (sent) => {
    // Dual-stack sockets show IPv4 callers as ::ffff:a.b.c.d.
    const address = sent.replace(/^::ffff:(?=\d+\.)/i, '');
    const version = isIP(address);
    if (version === 0) return rules.allow.length === 0;
    const family = version === 4 ? 'ipv4' : 'ipv6';
    if (deny.check(address, family)) return false;
    return rules.allow.length === 0 || allow.check(address, family);
  };
}

/** Refuses callers by address before anything of the request is looked at. */
export function onlyFrom(rules: AddressRules, trustedProxies: number): MiddlewareHandler {
  if (rules.allow.length === 0 && rules.deny.length === 0) return (_context, next) => next();
  const allowed = createAddressCheck(rules);
  return async (context, next) => {
    if (allowed(addressOf(context, trustedProxies))) return next();
    return answerProblem(
      context,
      requestIdOf(context),
      problem('FORBIDDEN', 'this address may not call here'),
    );
  };
}
