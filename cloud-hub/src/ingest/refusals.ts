import type { Logger } from '../logger.js';

/** Refusals that an operator must see, with the alarm that they raise. */
const ALARMS: Readonly<Record<string, string>> = {
  DUPLICATE_IDENTITY: 'duplicate-identity',
  CLONED_DATABASE: 'cloned-database',
  SPOOFED_DEVICE: 'spoofed-device',
  RETAINED_CONTROL: 'retained-command',
};
const MAX_REMEMBERED = 10_000;

/** Counts what is refused; says so once per station and code, not once per message. */
export interface Refusals {
  /** The code of the alarm to raise, when this is the first of its kind from this station. */
  count(device: string | null, code: string, detail: string): string | null;
  stats(): Record<string, number>;
}

export function createRefusals(deps: { logger: Logger }): Refusals {
  const byCode = new Map<string, number>();
  const told = new Set<string>();
  let total = 0;
  return {
    count(device, code, detail) {
      total++;
      byCode.set(code, (byCode.get(code) ?? 0) + 1);
      const key = `${device}/${code}`;
      if (told.has(key)) return null;
      if (told.size >= MAX_REMEMBERED) told.clear();
      told.add(key);
      deps.logger.warn({ device, refusal: code, detail }, 'station message refused');
      return ALARMS[code] ?? null;
    },
    stats: () => ({
      refused: total,
      ...Object.fromEntries([...byCode].map(([code, count]) => [`refused_${code}`, count])),
    }),
  };
}
