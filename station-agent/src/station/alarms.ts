import { MSG_TYPE } from '@voltbay/protocol';
import { type Clock, isoTime } from '../clock.js';
import type { Logger } from '../logger.js';
import type { NewMessage, Outbox } from '../storage/outbox.js';

export type Severity = 'info' | 'warning' | 'critical';
export type ActiveAlarm = {
  code: string;
  slot?: number;
  severity: Severity;
  detail?: string;
  sinceMs: number;
};
const MAX_UNSENT = 200;

export type Alarms = ReturnType<typeof createAlarms>;

/** Alarms that stand now. Raised once, cleared once, however often the cause is seen. */
export function createAlarms(deps: { outbox: Outbox; clock: Clock; log: Logger }) {
  const { outbox, clock, log } = deps;
  const active = new Map<string, ActiveAlarm>();
  const keyOf = (code: string, slot?: number): string => `${code}#${slot ?? ''}`;

  /** Reports that could not be stored yet, oldest first. */
  const unsent: NewMessage[] = [];

  /** An alarm about a full disk cannot always be written to it: it waits in memory and never fails who raised it. */
  function report(alarm: ActiveAlarm, state: 'raised' | 'cleared', packId?: string): void {
    unsent.push({
      lane: 'alarm',
      type: MSG_TYPE.STATION_EVENT,
      data: {
        kind: 'alarm',
        code: alarm.code,
        state,
        severity: alarm.severity,
        ...(alarm.slot !== undefined && { slot: alarm.slot }),
        ...(packId !== undefined && { packId }),
        ...(alarm.detail !== undefined && { detail: alarm.detail.slice(0, 500) }),
        at: isoTime(clock.nowMs()),
      },
    });
    if (unsent.length > MAX_UNSENT) unsent.shift();
    flush();
  }
  function flush(): void {
    if (unsent.length === 0) return;
    try {
      outbox.enqueue(unsent);
      unsent.length = 0;
    } catch (error) {
      log.error({ err: error, waiting: unsent.length }, 'alarm not stored yet');
    }
  }

  return {
    /** Tries again to store what could not be stored. */
    flush,
    active: (): ActiveAlarm[] => [...active.values()],
    raise(
      code: string,
      severity: Severity,
      about: { slot?: number; packId?: string; detail?: string } = {},
    ): void {
      const key = keyOf(code, about.slot);
      if (active.has(key)) return;
      const { packId, ...rest } = about;
      const alarm: ActiveAlarm = { code, severity, ...rest, sinceMs: clock.nowMs() };
      active.set(key, alarm);
      log.warn({ alarm: code, ...about }, 'alarm raised');
      report(alarm, 'raised', packId);
    },
    clear(code: string, slot?: number): void {
      const alarm = active.get(keyOf(code, slot));
      if (!alarm) return;
      active.delete(keyOf(code, slot));
      log.info({ alarm: code, slot }, 'alarm cleared');
      report(alarm, 'cleared');
    },
    /** Something that happened and is over, such as a planted command. */
    note(code: string, severity: Severity, detail: string): void {
      log.warn({ alarm: code, detail }, 'alarm noted');
      const alarm: ActiveAlarm = { code, severity, detail, sinceMs: clock.nowMs() };
      report(alarm, 'raised');
      report(alarm, 'cleared');
    },
  };
}
