import { type NearStation, nearStations } from './distance.js';
import { openingOf } from './opening.js';

export const SORTS = ['distance', 'ready'] as const;
export type StationSort = (typeof SORTS)[number];
export type StationFilter = {
  packClass: string | null;
  /** Only those that can serve now and whose place is open. */
  usable: boolean;
  /** Only those whose place is open. */
  open: boolean;
  favourites: boolean;
  sort: StationSort;
};
export const NO_FILTER: StationFilter = {
  packClass: null,
  usable: false,
  open: false,
  favourites: false,
  sort: 'distance',
};

/** Stations as the rider wants to see them. Those that can serve come first either way, among them the open ones. */
export function chosenStations(
  stations: Parameters<typeof nearStations>[0],
  place: Parameters<typeof nearStations>[1],
  filter: StationFilter,
  favourites: readonly string[],
  nowMs: number,
): NearStation[] {
  const ways = nearStations(stations, place, filter.packClass)
    .map((near) => ({ near, open: openingOf(near.station, nowMs).open }))
    .filter(
      ({ near, open }) =>
        (!filter.usable || (near.usable && open)) &&
        (!filter.open || open) &&
        (!filter.favourites || favourites.includes(near.station.id)),
    );
  const serves = (way: (typeof ways)[number]): number => (way.near.usable ? (way.open ? 2 : 1) : 0);
  const byCount = filter.sort === 'ready';
  // The sort is stable: what it does not tell apart stays in the order of distance.
  return ways
    .sort((a, b) => serves(b) - serves(a) || (byCount ? b.near.readyCount - a.near.readyCount : 0))
    .map(({ near }) => near);
}
