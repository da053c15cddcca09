import type { Order } from '@voltbay/protocol/api';
import { useT } from '../../lib/i18n/create-i18n.js';
import { Pill } from './states.js';

const TONES: Partial<Record<Order['state'], 'ready' | 'charging' | 'fault' | 'empty'>> = {
  completed: 'ready',
  resolved: 'ready',
  failed: 'fault',
  refused: 'fault',
  unknown: 'charging',
  cancelled: 'empty',
  expired: 'empty',
};

export function OrderPill(props: { state: Order['state'] }) {
  const t = useT();
  return <Pill tone={TONES[props.state] ?? 'swap'}>{t(`order.state.${props.state}`)}</Pill>;
}
