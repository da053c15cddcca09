import { BARE_CONTROL_TOPIC, controlTopic, parseTopic, stateTopic } from '@voltbay/protocol';

/**
 * Who may use which topic. Whatever is not named here is denied. Source: design section 4.
 * `info` and `state` belong to their device; `control` is the hub's alone; `$share` is refused because the embedded broker grants such
 * subscriptions and then never delivers; `$SYS` and every wildcard are closed to stations.
 */
export type PublishDecision =
  | { kind: 'info' }
  | { kind: 'state' }
  | { kind: 'denied'; code: 'FOREIGN_TOPIC' | 'RETAINED_CONTROL' | 'RETAINED_INFO' };

export function decidePublish(device: string, packet: { topic: string; retain: boolean }): PublishDecision {
  const parsed = parseTopic(packet.topic);
  if (parsed?.kind === 'info' && (parsed.device === null || parsed.device === device))
    return packet.retain ? { kind: 'denied', code: 'RETAINED_INFO' } : { kind: 'info' };
  if (parsed?.kind === 'state' && parsed.device === device) return { kind: 'state' };
  if (parsed?.kind === 'control' && packet.retain) return { kind: 'denied', code: 'RETAINED_CONTROL' };
  return { kind: 'denied', code: 'FOREIGN_TOPIC' };
}

export function maySubscribe(device: string, filter: string): boolean {
  return filter === controlTopic(device) || filter === BARE_CONTROL_TOPIC || filter === stateTopic(device);
}
