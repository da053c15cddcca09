import { timingSafeEqual } from 'node:crypto';
import { BARE_INFO_TOPIC, DEVICE_PATTERN, HUB_SUBSCRIPTIONS, parseTopic } from '@voltbay/protocol';
import type { StationAuthenticator } from '../ports.js';
import type { BirthDesk } from './embedded-broker.js';
import { decidePublish, maySubscribe } from './topic-access.js';

/** What a client of an external broker wants with a topic. `read`: a message is about to be delivered to it. */
export type TopicWish = { action: 'publish' | 'subscribe' | 'read'; topic: string; retain: boolean };

/** The answers that an external broker asks for. The same rules as in the embedded broker; whatever is not allowed is denied. */
export interface BrokerAccess {
  signIn(username: string, password: string): Promise<boolean>;
  may(username: string, wish: TopicWish): Promise<boolean>;
}

/** `hub`: name and password under which the hub itself signs in to the broker; null when it has none there. */
export function createBrokerAccess(deps: {
  stations: Pick<StationAuthenticator, 'authenticate'>;
  births: Pick<BirthDesk, 'admit'>;
  hub: { username: string; password: string } | null;
}): BrokerAccess {
  const isHub = (username: string) => deps.hub !== null && username === deps.hub.username;
  return {
    async signIn(username, password) {
      if (isHub(username)) return deps.hub !== null && sameText(password, deps.hub.password);
      if (!DEVICE_PATTERN.test(username)) return false;
      if (!(await deps.births.admit(username))) return false;
      return (await deps.stations.authenticate(username, password)).ok;
    },
    async may(username, wish) {
      if (isHub(username)) return hubMay(wish);
      if (!DEVICE_PATTERN.test(username) || !(await deps.births.admit(username))) return false;
      if (wish.action === 'publish') return decidePublish(username, wish).kind !== 'denied';
      return maySubscribe(username, wish.topic);
    },
  };
}

/** The hub hears every station and tells each; it never speaks for one. */
function hubMay({ action, topic }: TopicWish): boolean {
  const about = parseTopic(topic);
  if (action === 'publish') return about?.kind === 'control';
  if (action === 'read') return about !== null && about.kind !== 'control';
  return [...Object.values<string>(HUB_SUBSCRIPTIONS), BARE_INFO_TOPIC].includes(topic);
}

/** Compares in a time that tells nothing of where two secrets differ. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
