import type { PublicStation } from '@voltbay/protocol/api';
import type { Place } from '../location/locate.js';

const EARTH_RADIUS_M = 6_371_000;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great-circle distance in metres. */
export function distanceM(from: Place, to: Place): number {
  const dLat = radians(to.lat - from.lat);
  const dLon = radians(to.lon - from.lon);
  const h =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(radians(from.lat)) * Math.cos(radians(to.lat)) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** `350 m`, `2.4 km`, `36 km` */
export function distanceText(metres: number): string {
  if (metres < 1_000) return `${Math.round(metres / 10) * 10} m`;
  return metres < 10_000 ? `${(metres / 1_000).toFixed(1)} km` : `${Math.round(metres / 1_000)} km`;
}

export type NearStation = {
  station: PublicStation;
  distanceM: number | null;
  readyCount: number;
  usable: boolean;
};

/** Packs that could leave now, of one class or of all. */
export function readyCount(station: PublicStation, packClass: string | null): number {
  if (packClass !== null) return station.ready[packClass] ?? 0;
  return Object.values(station.ready).reduce((sum, count) => sum + count, 0);
}

/** Usable stations first, then by distance; by readiness and name where the place is not known. */
export function nearStations(
  stations: readonly PublicStation[],
  place: Place | null,
  packClass: string | null,
): NearStation[] {
  return stations
    .map((station) => {
      const count = readyCount(station, packClass);
      return {
        station,
        distanceM: place && station.location ? distanceM(place, station.location) : null,
        readyCount: count,
        usable: station.online && station.inService && count > 0,
      };
    })
    .sort(
      (a, b) =>
        Number(b.usable) - Number(a.usable) ||
        (a.distanceM ?? Number.POSITIVE_INFINITY) - (b.distanceM ?? Number.POSITIVE_INFINITY) ||
        b.readyCount - a.readyCount ||
        a.station.name.localeCompare(b.station.name),
    );
}
