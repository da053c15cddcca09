import { emptyReading, mergeReadings, type PackReading } from '@voltbay/protocol';

/** One reading of what several answers said; a later part wins. Parts that are missing are passed over. */
export function mergeParts(...parts: ReadonlyArray<Partial<PackReading> | undefined>): PackReading {
  return mergeReadings(parts.map((part) => ({ ...emptyReading(), ...part })));
}
