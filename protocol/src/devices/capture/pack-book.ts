import { emptyReading, mergeReadings, type PackReading } from '../../domain/reading.js';

/** Collects what the answers of one capture say about each pack on the bus. Enter values first, then the other parts. */
export type PackBook = {
  /** Values (analog answers) of a pack. */
  addValues: (pack: number, reading: PackReading) => void;
  /**
   * A part that belongs to a pack: identity, alarms. Without a number, or with one that no values came under, it belongs
   * to the only pack; beside several packs it is left out, as guessing would give a pack the alarms of another.
   */
  addPart: (pack: number | undefined, part: Partial<PackReading>) => void;
  /** True when values of any pack were entered. */
  hasValues: () => boolean;
  readings: () => PackReading[];
};

/** An empty book. */
export function createPackBook(): PackBook {
  const packs = new Map<number, PackReading>();
  let valuesEntered = false;
  const merge = (key: number, part: Partial<PackReading>): void => {
    packs.set(key, mergeReadings([packs.get(key) ?? emptyReading(), { ...emptyReading(), ...part }]));
  };
  return {
    addValues(pack, reading) {
      valuesEntered = true;
      merge(pack, reading);
    },
    addPart(pack, part) {
      const [first] = packs.keys();
      if (pack !== undefined && packs.has(pack)) merge(pack, part);
      else if (packs.size === 1 && first !== undefined) merge(first, part);
      else if (!valuesEntered) merge(pack ?? first ?? 0, part);
    },
    hasValues: () => valuesEntered,
    readings: () => [...packs.values()],
  };
}

/** The book's result for protocols that usually answer for one pack: `reading` for one, `packs` for several. */
export function readingOrPacks(book: PackBook): { reading?: PackReading; packs?: PackReading[] } {
  const readings = book.readings();
  const [only] = readings;
  if (readings.length > 1) return { packs: readings };
  return only ? { reading: only } : {};
}
