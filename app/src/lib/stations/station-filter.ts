import { type NearStation, nearStations } from './distance.js';

export const SORTS = ['distance', 'ready'] as const;
export type StationSort = (typeof SORTS)[number];
export type StationFilter = {
  packClass: string | null;
  /** Only those that can serve now. */
  usable: boolean;
  favourites: boolean;
  sort: StationSort;
};
export const NO_FILTER: StationFilter = {
  packClass: null,
  usable: false,
  favourites: false,
  sort: 'distance',
};

/** Stations as the rider wants to see them. Those that can serve come first either way. */
export function chosenStations(
  stations: Parameters<typeof nearStations>[0],
  place: Parameters<typeof nearStations>[1],
  filter: StationFilter,
  favourites: readonly string[],
): NearStation[] {
  const near = nearStations(stations, place, filter.packClass).filter(
    (one) => (!filter.usable || one.usable) && (!filter.favourites || favourites.includes(one.station.id)),
  );
  if (filter.sort === 'distance') return near;
  return [...near].sort((a, b) => Number(b.usable) - Number(a.usable) || b.readyCount - a.readyCount);
}
