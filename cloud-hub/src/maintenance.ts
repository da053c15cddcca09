import type { Logger } from './logger.js';

export type Chore = { name: string; everyMs: number; run(): Promise<unknown> };

export interface Maintenance {
  start(): void;
  /** Waits for chores that run. */
  stop(): Promise<void>;
}

/** Runs each chore again and again, one run of a chore at a time; a failed run is logged and tried at the next turn. */
export function createMaintenance(deps: { chores: readonly Chore[]; logger: Logger }): Maintenance {
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let stopped = true;

  const turn = (chore: Chore) => {
    if (stopped) return;
    const work: Promise<void> = Promise.resolve()
      .then(() => chore.run())
      .then(
        () => undefined,
        (error) => deps.logger.error({ chore: chore.name, err: error }, 'chore failed'),
      )
      .finally(() => {
        running.delete(work);
        schedule(chore);
      });
    running.add(work);
  };
  const schedule = (chore: Chore) => {
    if (stopped) return;
    // A little jitter keeps several hub processes from doing the same chore at the same moment.
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        turn(chore);
      },
      chore.everyMs * (0.9 + Math.random() * 0.2),
    );
    timer.unref();
    timers.add(timer);
  };

  return {
    start() {
      stopped = false;
      for (const chore of deps.chores) schedule(chore);
    },
    async stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await Promise.all(running);
    },
  };
}
