import type { CabinetPort } from '../hardware/ports.js';
import type { Logger } from '../logger.js';
import type { SlotView, SwapRules } from '../swap/types.js';
import type { SlotBoard } from './slot-board.js';

/** Current limit of a charger while it may charge. */
export const CHARGE_LIMIT_MA = 10_000;
/** A pack that stopped for heat or cold goes on when it is this far inside its limits again, 0.1 °C. */
const HYSTERESIS_DECI_C = 30;
/** Charging below freezing ruins cells. */
const MIN_CHARGE_DECI_C = 0;

export type ChargeOrder = { slot: number; limitMa: number };

/**
 * Which chargers must change. A pack charges when it is read well, is within its temperatures, raises no alarm and its door is shut;
 * `current` is what was ordered before (absent = not known). Pure.
 */
export function planCharging(
  slots: readonly SlotView[],
  current: ReadonlyMap<number, number>,
  rules: SwapRules,
): ChargeOrder[] {
  return slots.flatMap((slot) => {
    if (slot.occupied !== true) return [];
    const before = current.get(slot.slot);
    const limitMa = mayCharge(slot, before === 0, rules) ? CHARGE_LIMIT_MA : 0;
    return limitMa === before ? [] : [{ slot: slot.slot, limitMa }];
  });
}

const ORDINARY_ALARMS: ReadonlySet<string> = new Set([
  'low_soc',
  'cell_under_voltage',
  'pack_under_voltage',
  'cell_imbalance',
]);

function mayCharge({ pack, door, fault }: SlotView, stopped: boolean, rules: SwapRules): boolean {
  if (!pack || pack.ageMs === null || door !== 'closed' || fault !== null) return false;
  if (pack.quality.length > 0 || pack.alarms.some((name) => !ORDINARY_ALARMS.has(name))) return false;
  const margin = stopped ? HYSTERESIS_DECI_C : 0;
  if (pack.maxDeciC !== null && pack.maxDeciC > rules.maxTemperatureDeciC - margin) return false;
  return pack.minDeciC === null || pack.minDeciC >= MIN_CHARGE_DECI_C + margin;
}

/** Keeps the chargers as `planCharging` says. A pack that came in is charged within one interval of its first good reading. */
export function createCharging(deps: {
  board: SlotBoard;
  cabinet: CabinetPort;
  rules: SwapRules;
  log: Logger;
  intervalMs?: number;
}) {
  const { board, cabinet, rules, log, intervalMs = 2_000 } = deps;
  const ordered = new Map<number, number>();
  let timer: NodeJS.Timeout | null = null;
  let working: Promise<void> | null = null;

  async function apply(): Promise<void> {
    if (!cabinet.isUp()) return;
    const slots = board.views();
    for (const slot of slots) if (slot.occupied !== true) ordered.delete(slot.slot);
    for (const { slot, limitMa } of planCharging(slots, ordered, rules)) {
      try {
        await cabinet.setChargeLimit(slot, limitMa);
        ordered.set(slot, limitMa);
        log.debug({ slot, limitMa }, 'charge limit set');
      } catch (error) {
        log.debug({ slot, limitMa, err: error }, 'charge limit not set; tried again');
      }
    }
  }

  return {
    start(): void {
      timer ??= setInterval(() => {
        working ??= apply().finally(() => {
          working = null;
        });
      }, intervalMs);
    },
    /** The controller started again and may have forgotten. */
    forget: (): void => ordered.clear(),
    async stop(): Promise<void> {
      if (timer) clearInterval(timer);
      timer = null;
      await working;
    },
  };
}
