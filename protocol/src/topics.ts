/**
 * MQTT topics: the only place where they are spelled.
 * Source: design section 4; the bare topics are the 2021 plan's.
 */

/** A station's number: what it signs in with and what stands in `device`. No MQTT wildcard or separator can occur in it. */
export const DEVICE_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** The 2021 plan's shared topics, kept for stations written to it. */
export const BARE_INFO_TOPIC = 'info';
export const BARE_CONTROL_TOPIC = 'control';

/** Subscriptions of the hub. `$share` spreads the load over hub processes on brokers that deliver shared subscriptions. */
export const HUB_SUBSCRIPTIONS = {
  info: 'info/+',
  state: 'state/+',
  sharedInfo: '$share/hub/info/+',
} as const;

export const infoTopic = (device: string): string => `info/${device}`;
export const controlTopic = (device: string): string => `control/${device}`;
export const stateTopic = (device: string): string => `state/${device}`;

export type TopicKind = 'info' | 'control' | 'state';

/** What a topic is about, or null when it is none of ours. `device` is null for the bare topics. */
export function parseTopic(topic: string): { kind: TopicKind; device: string | null } | null {
  if (topic === BARE_INFO_TOPIC) return { kind: 'info', device: null };
  if (topic === BARE_CONTROL_TOPIC) return { kind: 'control', device: null };
  const match = /^(info|control|state)\/([^/]+)$/.exec(topic);
  if (!match?.[1] || !match[2] || !DEVICE_PATTERN.test(match[2])) return null;
  return { kind: match[1] as TopicKind, device: match[2] };
}
