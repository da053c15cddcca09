import { onlineManager, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Order } from '@voltbay/protocol/api';
import { createLiveStream, type LiveState } from '@voltbay/protocol/client';
import { isTerminalOrderState } from '@voltbay/protocol/domain';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useServices } from '../services.js';

/** The net under the event line: an order is also asked for this often while it runs. */
const POLL_MS = 4_000;
const REREAD_AFTER_MS = [1_500, 6_000] as const;
/** The charge takes a second at most. */
const POLL_SETTLING_MS = 1_000;
/** Slower while events arrive, which say the same sooner. */
const POLL_WHILE_LIVE_MS = 15_000;

function orderOf(data: string, orderId: string): Order | null {
  try {
    const value = JSON.parse(data) as { type?: unknown; order?: Order } | null;
    return value?.type === 'order' && value.order?.id === orderId ? value.order : null;
  } catch {
    return null;
  }
}

/** Over, and the money with it: the charge follows the last step by a moment. */
const isSettled = (order: Order): boolean =>
  isTerminalOrderState(order.state) && order.payment.state !== 'held';

/** An order that moves by itself until it is over: events first, polling where they do not come through. */
export function useLiveOrder(orderId: string) {
  const { api, connectOrder } = useServices();
  const queryClient = useQueryClient();
  const [live, setLive] = useState<LiveState['phase']>('stopped');
  const query = useQuery({
    queryKey: ['order', orderId],
    queryFn: async () => {
      const answer = await api.order(orderId);
      // An event may have overtaken the answer.
      const known = queryClient.getQueryData<Order>(['order', orderId]);
      return known && known.version > answer.version ? known : answer;
    },
    refetchOnMount: 'always',
    refetchInterval: ({ state }) => {
      if (state.data && isSettled(state.data)) return false;
      const over = state.data !== undefined && isTerminalOrderState(state.data.state);
      return over ? POLL_SETTLING_MS : live === 'live' ? POLL_WHILE_LIVE_MS : POLL_MS;
    },
  });
  const over = query.data ? isSettled(query.data) : false;
  const online = useSyncExternalStore(
    (changed) => onlineManager.subscribe(changed),
    () => onlineManager.isOnline(),
  );

  useEffect(() => {
    if (over) return;
    const readAnew = (): void => void queryClient.invalidateQueries({ queryKey: ['order', orderId] });
    const stream = createLiveStream({
      connect: connectOrder(orderId),
      timers: {
        now: () => Date.now(),
        setTimeout: (work, ms) => setTimeout(work, ms),
        clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
        random: () => Math.random(),
      },
      onState: ({ phase }) => setLive(phase),
      onOpen: readAnew,
      onMessage: (message) => {
        const order = orderOf(message.data, orderId);
        const known = queryClient.getQueryData<Order>(['order', orderId]);
        // An answer to a poll may be newer than an event that was on its way.
        if (order && (!known || order.version >= known.version))
          queryClient.setQueryData(['order', orderId], order);
      },
    });
    stream.start();
    // A line may hang for long before it is known to be dead: the phone says sooner that there is a network again.
    const unsubscribe = onlineManager.subscribe((isOnline) => {
      if (!isOnline) return;
      readAnew();
      stream.retryNow();
    });
    return () => {
      unsubscribe();
      stream.stop();
    };
  }, [connectOrder, orderId, over, queryClient]);

  // The end may overtake the station's last steps: the record is read again when they have had time to arrive.
  useEffect(() => {
    if (!over) return;
    const again = (): void => void queryClient.invalidateQueries({ queryKey: ['order', orderId] });
    const timers = REREAD_AFTER_MS.map((ms) => setTimeout(again, ms));
    return () => {
      for (const timer of timers) clearTimeout(timer);
    };
  }, [orderId, over, queryClient]);

  return { query, live: online ? live : ('waiting' as const) };
}
