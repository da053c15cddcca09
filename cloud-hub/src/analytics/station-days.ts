import { type Database, defineCollection } from '../db/index.js';
import { addFigures, type Figures, HOUR_MS, METRICS, noFigures, type RollupDocument } from './rollup.js';

type DayOfStation = {
  /** `{tenant}/{day}/{station}` */
  _id: string;
  tenantId: string;
  /** `*` for the whole tenant, `-` for what belongs to no station. */
  stationId: string;
  /** Start of the local day, ISO 8601. */
  day: string;
};
/**
 * A local day of one station over all plans, or of the whole tenant: what dashboards ask for, in a thirtieth of the documents that
 * hours by station and plan are.
 */
export type StationDayDocument = DayOfStation & {
  /** JSON of the figures in the order of METRICS: a text is read in a fraction of the time that so many fields take. */
  figures: string;
};
/** The hours of such a day, apart from it: most questions are about whole days. */
export type StationDayHoursDocument = DayOfStation & {
  /** JSON of `[hour since the start of the day, ...figures][]`, first hour first. */
  hours: string;
};
const INDEXES = [
  { name: 'tenant-day', key: { tenantId: 1, day: 1, _id: 1 } },
  { name: 'tenant-station-day', key: { tenantId: 1, stationId: 1, day: 1 } },
] as const;
export const stationDaysCollection = defineCollection<StationDayDocument>('station_days', INDEXES);
export const stationDayHoursCollection = defineCollection<StationDayHoursDocument>(
  'station_day_hours',
  INDEXES,
);

export const WHOLE_TENANT = '*';
/** Of a day's longest: when the clocks are put back. */
const LONGEST_DAY_MS = 25 * HOUR_MS;

/** The documents of a day out of the rows of its hours. Pure. */
export function rollUpStationDays(
  tenantId: string,
  day: string,
  hours: readonly RollupDocument[],
): (StationDayDocument & StationDayHoursDocument)[] {
  const stations = new Map<string, Map<number, Figures>>();
  const add = (stationId: string, index: number, row: RollupDocument) => {
    const known = stations.get(stationId) ?? new Map<number, Figures>();
    known.set(index, addFigures(known.get(index) ?? noFigures(), row));
    stations.set(stationId, known);
  };
  for (const row of hours) {
    const index = Math.round((Date.parse(row.bucket) - Date.parse(day)) / HOUR_MS);
    add(row.stationId, index, row);
    add(WHOLE_TENANT, index, row);
  }
  return [...stations].map(([stationId, byHour]) => {
    const sorted = [...byHour].sort(([a], [b]) => a - b);
    return {
      _id: `${tenantId}/${day}/${stationId}`,
      tenantId,
      stationId,
      day,
      figures: JSON.stringify(valuesOf(sorted.reduce((sum, [, of]) => addFigures(sum, of), noFigures()))),
      hours: JSON.stringify(sorted.map(([index, of]) => [index, ...valuesOf(of)])),
    };
  });
}

const valuesOf = (figures: Readonly<Figures>): number[] => METRICS.map((name) => figures[name]);
function figuresOf(values: readonly number[]): Figures {
  const figures = noFigures();
  for (const [at, name] of METRICS.entries()) figures[name] = values[at] ?? 0;
  return figures;
}

/** All of a day. */
export const figuresOfDay = ({ figures }: Pick<StationDayDocument, 'figures'>): Figures =>
  figuresOf(JSON.parse(figures));

/** The hours of a day that lie in a span, each with its start. */
export function hoursOf(
  { day, hours }: Pick<StationDayHoursDocument, 'day' | 'hours'>,
  span: { from: string; to: string },
): { hour: string; figures: Figures }[] {
  const dayMs = Date.parse(day);
  return (JSON.parse(hours) as [number, ...number[]][]).flatMap(([index, ...values]) => {
    const hour = new Date(dayMs + index * HOUR_MS).toISOString();
    if (hour < span.from || hour >= span.to) return [];
    return [{ hour, figures: figuresOf(values) }];
  });
}

export type StationDaySpan = {
  tenantId: string;
  from: string;
  to: string;
  /** Null: the tenant as a whole. `every`: each station by itself. */
  stationIds: readonly string[] | 'every' | null;
};

export type StationDay = { stationId: string; day: string; figures: Figures };

export interface StationDays {
  /** Figures of the days that begin in the span, each whole. */
  days(span: StationDaySpan): Promise<StationDay[]>;
  /** The same as the hours of the span, with those of a day added up. */
  parts(span: StationDaySpan): Promise<StationDay[]>;
  /** Figures of each hour of the span. */
  hours(span: StationDaySpan): Promise<{ stationId: string; hour: string; figures: Figures }[]>;
  /** Puts what the rows of a day's hours say in the place of what stood there. */
  replace(tenantId: string, day: string, hours: readonly RollupDocument[]): Promise<void>;
}

const CHUNK = 500;

/** Days of stations, written and read. A span takes no whole day apart. */
export function createStationDays(deps: { database: Database }): StationDays {
  const days = deps.database.collection(stationDaysCollection);
  const dayHours = deps.database.collection(stationDayHoursCollection);
  // Whole documents, and no condition beside those of the index: the store then hands over what it has as it lies there.
  const where = ({ tenantId, stationIds }: StationDaySpan, day: Record<string, string>) => {
    if (stationIds === 'every') return { tenantId, day };
    return { tenantId, stationId: stationIds === null ? WHOLE_TENANT : { $in: [...stationIds] }, day };
  };
  const isWanted = ({ stationIds }: StationDaySpan, { stationId }: DayOfStation) =>
    stationIds !== 'every' || stationId !== WHOLE_TENANT;
  const before = (time: string) => new Date(Date.parse(time) - LONGEST_DAY_MS).toISOString();
  const whole = async (span: StationDaySpan): Promise<StationDay[]> => {
    const found = await days.find(where(span, { $gte: span.from, $lt: span.to })).toArray();
    return found
      .filter((document) => isWanted(span, document))
      .map((document) => ({
        stationId: document.stationId,
        day: document.day,
        figures: figuresOfDay(document),
      }));
  };
  const withHours = async (span: StationDaySpan, day: Record<string, string>) =>
    (await dayHours.find(where(span, day)).toArray()).filter((document) => isWanted(span, document));
  return {
    days: whole,
    async parts(span) {
      const { from, to } = span;
      // A day that begins before this ends before `to`.
      const over = before(to);
      const long = over > from;
      const [inside, head, tail] = await Promise.all([
        long ? whole({ ...span, to: over }) : [],
        withHours(span, { $gt: before(from), $lt: from }),
        withHours(span, { $gte: long ? over : from, $lt: to }),
      ]);
      return [
        ...inside,
        ...[...head, ...tail].flatMap((document) => {
          const within = hoursOf(document, span);
          if (within.length === 0) return [];
          const figures = within.reduce((sum, hour) => addFigures(sum, hour.figures), noFigures());
          return [{ stationId: document.stationId, day: document.day, figures }];
        }),
      ];
    },
    async hours(span) {
      const found = await withHours(span, { $gt: before(span.from), $lt: span.to });
      return found.flatMap((document) =>
        hoursOf(document, span).map((hour) => ({ stationId: document.stationId, ...hour })),
      );
    },
    async replace(tenantId, day, rows) {
      const documents = rollUpStationDays(tenantId, day, rows);
      for (let at = 0; at < documents.length; at += CHUNK) {
        const chunk = documents.slice(at, at + CHUNK);
        const write = <T extends DayOfStation>(replacement: T) => ({
          replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true },
        });
        await days.bulkWrite(
          chunk.map(({ hours: _hours, ...document }) => write(document)),
          { ordered: false },
        );
        await dayHours.bulkWrite(
          chunk.map(({ figures: _figures, ...document }) => write(document)),
          { ordered: false },
        );
      }
      const gone = { tenantId, day, _id: { $nin: documents.map(({ _id }) => _id) } };
      await days.deleteMany(gone);
      await dayHours.deleteMany(gone);
    },
  };
}
