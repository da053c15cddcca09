import type { Place } from '../../lib/location/locate.js';
import { distanceM } from '../../lib/stations/distance.js';

export type Point = { x: number; y: number };
export type MapLayout = {
  at: (place: Place) => Point;
  /** Length of the scale bar in points, and the round distance that it stands for. */
  scale: { width: number; metres: number };
};

const ROUND_METRES = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000];
/** Smallest height of the picture on the ground: one station must not fill the map. */
const MIN_SPAN_DEG = 0.012;

/** Fits places into a picture without tiles: true to scale, north up, degrees of longitude narrowed by the latitude. */
export function layoutMap(
  places: readonly Place[],
  size: { width: number; height: number; padding: number },
): MapLayout {
  const lats = places.map((place) => place.lat);
  const lons = places.map((place) => place.lon);
  const middle = {
    lat: (Math.min(...lats) + Math.max(...lats)) / 2,
    lon: (Math.min(...lons) + Math.max(...lons)) / 2,
  };
  const narrow = Math.cos((middle.lat * Math.PI) / 180) || 1;
  const spanLat = Math.max(Math.max(...lats) - Math.min(...lats), MIN_SPAN_DEG);
  const spanLon = Math.max((Math.max(...lons) - Math.min(...lons)) * narrow, MIN_SPAN_DEG);
  const perDegree = Math.min(
    (size.width - 2 * size.padding) / spanLon,
    (size.height - 2 * size.padding) / spanLat,
  );
  const metresPerPoint = distanceM(middle, { lat: middle.lat + 1, lon: middle.lon }) / perDegree;
  const metres = ROUND_METRES.findLast((candidate) => candidate / metresPerPoint <= 90) ?? 50;
  return {
    at: (place) => ({
      x: size.width / 2 + (place.lon - middle.lon) * narrow * perDegree,
      y: size.height / 2 - (place.lat - middle.lat) * perDegree,
    }),
    scale: { width: metres / metresPerPoint, metres },
  };
}
