import { Cron } from 'croner';
import { isoAt } from '../clock.js';
import type { Clock } from '../ports.js';
import type { TaskSpec } from './task-spec.js';
import type { TaskStore } from './task-store.js';

/** A task that comes again and again, for every tenant. */
export type Schedule = {
  id: string;
  /** Cron pattern of five fields, or six with seconds first. */
  cron: string;
  /** IANA name; due times follow its daylight saving. */
  timeZone: string;
  spec: TaskSpec;
  /** It works for all tenants at once: one task for the hub, seen in its own tenant. */
  onlyHome?: boolean;
  /** Input of the task for one due time (ISO 8601). */
  input(dueAt: string): Record<string, unknown>;
};

export const defineSchedule = <T extends Record<string, unknown>>(
  schedule: Omit<Schedule, 'spec' | 'input'> & { spec: TaskSpec<T>; input(dueAt: string): T },
): Schedule => schedule as unknown as Schedule;

export type ScheduleView = {
  id: string;
  cron: string;
  timeZone: string;
  kind: string;
  summary: string;
  lastDueAt: string | null;
  nextDueAt: string | null;
};

export interface Schedules {
  /** Enqueues what has come due. Safe in several processes: the due time is the task's key. */
  tick(): Promise<number>;
  list(tenantId: string): Promise<ScheduleView[]>;
  /** Enqueues it now, beside its due times. Null: no such schedule. */
  runNow(id: string, tenantId: string, by: string): Promise<string | null>;
}

/** The newest due time after `after` that is not later than `now`: of several missed ones only the last is run. */
export function newestDue(
  cron: Pick<Schedule, 'cron' | 'timeZone'>,
  after: number,
  now: number,
): number | null {
  const pattern = new Cron(cron.cron, { timezone: cron.timeZone, paused: true });
  let due: number | null = null;
  let from = after;
  // A long outage would mean very many steps: the last day holds the newest due time of anything that comes at least daily.
  const first = pattern.nextRun(new Date(after))?.getTime();
  if (first === undefined || first > now) return null;
  if (now - first > 86_400_000) {
    const late = pattern.nextRun(new Date(now - 86_400_000))?.getTime();
    if (late !== undefined && late <= now) from = now - 86_400_000;
  }
  for (;;) {
    const next = pattern.nextRun(new Date(from))?.getTime();
    if (next === undefined || next > now) return due;
    due = next;
    from = next;
  }
}

export function createSchedules(deps: {
  store: TaskStore;
  schedules: readonly Schedule[];
  /** Tenants that the schedules run for. */
  tenants(): Promise<readonly string[]>;
  /** The hub's own tenant. */
  homeTenantId?: string;
  clock: Clock;
}): Schedules {
  const { store, clock } = deps;
  const ids = new Set<string>();
  for (const { id } of deps.schedules) {
    if (ids.has(id)) throw new Error(`schedule ${id} is declared twice`);
    ids.add(id);
  }

  const { homeTenantId } = deps;
  const tenantsOf = (schedule: Schedule, all: readonly string[]): readonly string[] =>
    schedule.onlyHome && homeTenantId !== undefined ? [homeTenantId] : all;
  const tickOne = async (schedule: Schedule, tenantId: string): Promise<boolean> => {
    const last = await store.scheduleState(schedule.id, tenantId);
    if (last === null) {
      await store.scheduleReached(schedule.id, tenantId, isoAt(clock.now()));
      return false;
    }
    const due = newestDue(schedule, Date.parse(last), clock.now());
    if (due === null) return false;
    const dueAt = isoAt(due);
    const { created } = await store.enqueue(schedule.spec, {
      tenantId,
      key: `schedule:${schedule.id}:${dueAt}`,
      input: schedule.input(dueAt),
      by: `schedule:${schedule.id}`,
    });
    await store.scheduleReached(schedule.id, tenantId, dueAt);
    return created;
  };

  return {
    async tick() {
      let created = 0;
      const tenants = await deps.tenants();
      for (const schedule of deps.schedules)
        for (const tenantId of tenantsOf(schedule, tenants))
          if (await tickOne(schedule, tenantId)) created += 1;
      return created;
    },
    list: (tenantId) =>
      Promise.all(
        deps.schedules
          .filter((schedule) => tenantsOf(schedule, [tenantId]).includes(tenantId))
          .map(async (schedule) => ({
            id: schedule.id,
            cron: schedule.cron,
            timeZone: schedule.timeZone,
            kind: schedule.spec.kind,
            summary: schedule.spec.summary,
            lastDueAt: await store.scheduleState(schedule.id, tenantId),
            nextDueAt:
              new Cron(schedule.cron, { timezone: schedule.timeZone, paused: true })
                .nextRun(new Date(clock.now()))
                ?.toISOString() ?? null,
          })),
      ),
    async runNow(id, tenantId, by) {
      const schedule = deps.schedules.find(
        (known) => known.id === id && tenantsOf(known, [tenantId]).includes(tenantId),
      );
      if (!schedule) return null;
      const task = await store.enqueue(schedule.spec, {
        tenantId,
        input: schedule.input(isoAt(clock.now())),
        by,
      });
      return task.id;
    },
  };
}
