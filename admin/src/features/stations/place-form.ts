import type { Station } from '@voltbay/protocol/api';
import { parseOpeningHours, writeOpeningHours } from '@voltbay/protocol/domain';
import type { FormField } from '../../components/ui/form-dialog.js';
import type { Translate } from '../../lib/i18n/create-i18n.js';

export type PlaceForm = {
  device: string;
  name: string;
  lat?: number;
  lon?: number;
  address?: string;
  timeZone?: string;
  /** As `parseOpeningHours` reads it. */
  hours?: string;
};

const DEGREES = { lat: 90, lon: 180 } as const;

/** What a station is called and where it stands; the number only of a new one. */
export const placeFields = (t: Translate, fresh: boolean): FormField<PlaceForm>[] => [
  ...(fresh
    ? ([
        { name: 'device', label: t('station.number'), kind: 'text', max: 32, hint: t('station.number.hint') },
      ] as const)
    : []),
  { name: 'name', label: t('field.name'), kind: 'text', max: 64 },
  {
    name: 'lat',
    label: t('station.lat'),
    kind: 'number',
    min: -DEGREES.lat,
    max: DEGREES.lat,
    optional: true,
  },
  {
    name: 'lon',
    label: t('station.lon'),
    kind: 'number',
    min: -DEGREES.lon,
    max: DEGREES.lon,
    optional: true,
  },
  { name: 'address', label: t('station.address'), kind: 'text', max: 200, optional: true },
  { name: 'timeZone', label: t('station.timeZone'), kind: 'text', max: 64, optional: true },
  {
    name: 'hours',
    label: t('station.hours'),
    hint: t('station.hours.hint'),
    kind: 'text',
    max: 400,
    optional: true,
    fits: (text) => parseOpeningHours(text) !== null,
  },
];

/** The body of a create or change; a place needs both degrees. */
export function placeBody({ lat, lon, address, name, timeZone, hours }: PlaceForm) {
  const opening = hours === undefined ? null : parseOpeningHours(hours);
  return {
    name,
    ...(timeZone ? { timeZone } : {}),
    ...(opening ? { openingHours: opening.hours } : {}),
    ...(lat !== undefined && lon !== undefined
      ? { location: { lat, lon, ...(address ? { address } : {}) } }
      : {}),
  };
}

export const placeOf = (station: Station): Partial<PlaceForm> => ({
  name: station.name,
  timeZone: station.timeZone,
  hours: writeOpeningHours(station.openingHours),
  ...(station.location ?? {}),
});
