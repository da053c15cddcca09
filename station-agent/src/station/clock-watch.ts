import type { ClockQuality } from '@voltbay/protocol';
import type { Alarms } from './alarms.js';

const LOOK_MS = 10_000;

/** Tells of a machine whose own clock is wrong. Records do not suffer from it; certificates, and a start without a hub, do. */
export function createClockWatch(deps: {
  /** How the wall clock stands to the hub's. */
  quality: () => ClockQuality;
  alarms: Pick<Alarms, 'raise' | 'clear'>;
  everyMs?: number;
}) {
  let timer: NodeJS.Timeout | null = null;

  function look(): void {
    const { synced, offsetMs } = deps.quality();
    if (offsetMs === undefined) return;
    if (synced) deps.alarms.clear('clock-wrong');
    else
      deps.alarms.raise('clock-wrong', 'warning', {
        detail: `${offsetMs} ms from the hub's time; check NTP`,
      });
  }

  return {
    start(): void {
      timer ??= setInterval(look, deps.everyMs ?? LOOK_MS);
    },
    stop(): void {
      if (timer) clearInterval(timer);
      timer = null;
    },
    look,
  };
}
