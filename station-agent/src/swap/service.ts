import type { SwapReason } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import type { CabinetPort, PackSource } from '../hardware/ports.js';
import type { Logger } from '../logger.js';
import type { Service } from '../station/service-mode.js';
import type { SlotBoard } from '../station/slot-board.js';
import type { Acceptance } from './plan.js';
import { planFreshly } from './plan-freshly.js';
import type { RunningSwap, SwapRunner } from './runner.js';
import type { SwapRequest, SwapRules } from './types.js';

export type SwapStart = { ok: true; swap: RunningSwap } | { ok: false; reason: SwapReason; detail: string };
export type SwapService = ReturnType<typeof createSwapService>;

type Deps = {
  runner: SwapRunner;
  board: SlotBoard;
  cabinet: CabinetPort;
  packs: PackSource;
  service: Service;
  rules: SwapRules;
  clock: Clock;
  log: Logger;
};

/** Pause between looks whether a swap is over. */
const IDLE_LOOK_MS = 200;

/** The way in for every swap, remote or local: looks at the station as it is now, accepts one at a time. */
export function createSwapService(deps: Deps) {
  const { runner, board, cabinet, packs, service, rules } = deps;
  let planning = false;
  /** Why no swap begins now. */
  let heldOff: string | null = null;

  async function plan(request: SwapRequest): Promise<Acceptance> {
    try {
      await board.refresh();
      return await planFreshly(request, { views: board.views, packs, rules, clock: deps.clock });
    } catch (error) {
      deps.log.warn({ err: error }, 'the cabinet did not answer when a swap was planned');
      return { ok: false, reason: 'HARDWARE_SILENT', detail: 'the cabinet does not answer' };
    }
  }

  /** Resolves when nothing is planned or running. */
  async function idle(signal: AbortSignal): Promise<void> {
    while (planning || runner.current()) {
      signal.throwIfAborted();
      await Promise.race([
        runner.current()?.finished,
        new Promise((resolve) => setTimeout(resolve, IDLE_LOOK_MS).unref()),
      ]);
    }
  }

  return {
    /**
     * Waits until no swap runs and lets none begin from then on. False when someone else holds them off already; rejects when the signal
     * aborts.
     */
    async holdOff(why: string, signal: AbortSignal): Promise<boolean> {
      await idle(signal);
      if (heldOff !== null) return false;
      heldOff = why;
      return true;
    },
    letOn: (): void => {
      heldOff = null;
    },
    isBusy: (): boolean => planning || runner.current() !== null,
    current: (): RunningSwap | null => runner.current(),
    /**
     * Plans and begins. `isLate` is asked right before the acceptance is journalled; `together` runs in that transaction.
     */
    async start(request: SwapRequest, hooks: { isLate(): boolean; together(): void }): Promise<SwapStart> {
      const refuse = (reason: SwapReason, detail: string): SwapStart => ({ ok: false, reason, detail });
      if (service.mode() === 'maintenance') return refuse('MAINTENANCE', 'maintenance mode');
      if (service.mode() === 'out-of-service') return refuse('OUT_OF_SERVICE', 'out of service');
      if (heldOff !== null) return refuse('STATION_BUSY', heldOff);
      if (planning || runner.current()) return refuse('STATION_BUSY', 'another swap is running');
      if (!cabinet.isUp()) return refuse('HARDWARE_SILENT', 'the cabinet does not answer');
      planning = true;
      try {
        const acceptance = await plan(request);
        if (!acceptance.ok) return acceptance;
        if (hooks.isLate()) return refuse('EXPIRED', 'too late to begin');
        return { ok: true, swap: runner.begin(request, hooks.together) };
      } finally {
        planning = false;
      }
    },
  };
}
