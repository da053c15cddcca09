import { BARE_CONTROL_TOPIC, controlTopic } from '@voltbay/protocol';

/**
 * The topic on which a session can be told something: the one its station is marked for, or else the other one when that is all it
 * listens to. Null when it listens to neither.
 */
export function controlTopicFor(
  device: string,
  topics: 'own' | 'shared',
  filters: ReadonlySet<string>,
): string | null {
  const own = controlTopic(device);
  const [preferred, other] = topics === 'shared' ? [BARE_CONTROL_TOPIC, own] : [own, BARE_CONTROL_TOPIC];
  if (filters.has(preferred)) return preferred;
  return filters.has(other) ? other : null;
}
