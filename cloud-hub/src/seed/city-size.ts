import { HubError } from '../errors.js';

export type CityWish = {
  /** Same seed, same end and same tenant: the same city. */
  seed: string;
  tenantId: string;
  /** Multiplies stations, packs and riders; chosen by the number of orders when absent. */
  scale?: number;
  /** How many orders; what the packs on the road make of it when absent. */
  orders?: number;
  days: number;
  /** The city's newest moment. */
  untilMs: number;
};
export type CitySize = {
  stations: number;
  packs: number;
  riders: number;
  orders: number;
  days: number;
};

const BASE = { stations: 30, packs: 400, riders: 2_000, ordersPerDay: 280 } as const;
/** More than this on one city of size 1 would leave no pack the time to charge. */
const MOST_PER_DAY = 700;
const LIMITS = { scale: [0.1, 20], days: [2, 366], orders: [1, 1_000_000] } as const;

/** How large the city becomes. Throws BAD_USAGE naming the option. */
export function citySize(wish: Pick<CityWish, 'scale' | 'orders' | 'days'>): CitySize {
  const { days } = wish;
  const scale = wish.scale ?? Math.max(1, (wish.orders ?? 0) / (MOST_PER_DAY * days));
  const orders = wish.orders ?? Math.round(BASE.ordersPerDay * days * scale);
  const check = (name: keyof typeof LIMITS, value: number) => {
    const [least, most] = LIMITS[name];
    if (!(value >= least && value <= most))
      throw new HubError('BAD_USAGE', `--${name}: ${value} is not from ${least} to ${most}`);
  };
  check('days', days);
  check('scale', scale);
  check('orders', orders);
  if (orders > MOST_PER_DAY * 3 * days * scale)
    throw new HubError(
      'BAD_USAGE',
      `--orders: ${orders} are too many for a city of scale ${scale}; leave --scale out, or make it ${Math.ceil(orders / (MOST_PER_DAY * days))}`,
    );
  return {
    stations: Math.max(2, Math.round(BASE.stations * scale)),
    packs: Math.max(24, Math.round(BASE.packs * scale)),
    riders: Math.max(20, Math.round(BASE.riders * scale)),
    orders,
    days,
  };
}
