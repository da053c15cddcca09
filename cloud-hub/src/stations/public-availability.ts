import type { PublicStation } from '@voltbay/protocol';
import { publicStationSchema } from '@voltbay/protocol';
import { z } from 'zod';

const BBOX_PATTERN = /^-?\d{1,3}(?:\.\d{1,8})?(?:,-?\d{1,3}(?:\.\d{1,8})?){3}$/;
/** `west,south,east,north` in degrees; west beyond east crosses the date line (RFC 7946, section 5). */
export const bboxSchema = z.string().regex(BBOX_PATTERN, { error: 'west,south,east,north in degrees' });

export const availabilitySchema = z.object({
  type: z.literal('FeatureCollection'),
  features: z.array(
    z.object({
      type: z.literal('Feature'),
      id: z.string(),
      geometry: z.object({ type: z.literal('Point'), coordinates: z.array(z.number()).length(2) }),
      properties: publicStationSchema
        .omit({ id: true, location: true })
        .extend({ address: z.string().optional() }),
    }),
  ),
});

/** Stations as map features, inside `bbox` when one is given. */
export function availability(
  stations: readonly PublicStation[],
  bbox: string | null,
): z.infer<typeof availabilitySchema> {
  const inside = bbox === null ? () => true : boxTest(bbox);
  return {
    type: 'FeatureCollection',
    features: stations.flatMap(({ id, location, ...rest }) =>
      location && inside(location)
        ? [
            {
              type: 'Feature' as const,
              id,
              geometry: { type: 'Point' as const, coordinates: [location.lon, location.lat] },
              properties: { ...rest, ...(location.address ? { address: location.address } : {}) },
            },
          ]
        : [],
    ),
  };
}

function boxTest(bbox: string): (place: { lat: number; lon: number }) => boolean {
  const [west = -180, south = -90, east = 180, north = 90] = bbox.split(',').map(Number);
  return ({ lat, lon }) =>
    lat >= south && lat <= north && (west <= east ? lon >= west && lon <= east : lon >= west || lon <= east);
}
