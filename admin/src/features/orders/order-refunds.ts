import { useQuery } from '@tanstack/react-query';
import { useServices } from '../../lib/services.js';

/** Most refunds of one order that are read; each takes a part of what is left of its charge. */
const MOST = 100;

/** What was given back of one order, oldest first; `enabled` false where charges may not be read. */
export function useOrderRefunds(orderId: string, enabled = true) {
  const { hub } = useServices();
  return useQuery({
    queryKey: ['order-refunds', 'of-order', orderId],
    queryFn: async ({ signal }) =>
      (
        await hub.client.GET('/core/v0/charge-refunds', {
          params: { query: { orderId, _limit: MOST, _sort: 'createdAt', _order: 'asc' } },
          signal,
        })
      ).data ?? [],
    enabled,
  });
}

/** What has gone back or is on its way, in fen; refused ones count for nothing. */
export const givenBackFen = (refunds: readonly { state: string; amountFen: number }[]): number =>
  refunds.reduce((sum, { state, amountFen }) => (state === 'refused' ? sum : sum + amountFen), 0);
