import type { Clock } from '../clock.js';
import type { ChargingConfig } from '../config/schema.js';
import type { CabinetPort, CabinetStatus, PackSource } from '../hardware/ports.js';
import type { Logger } from '../logger.js';
import { readyByClass } from '../swap/eligibility.js';
import type { SlotView, SwapRules } from '../swap/types.js';
import { isDearAt, minuteOfDay, promisesAt } from './charge-hours.js';
import { type ChargeablePack, type PlannedCharge, planCharge, powerOf } from './charge-plan.js';
import { createSiteMeter } from './site-meter.js';
import type { SlotBoard } from './slot-board.js';

/** A pack that stopped for heat or cold goes on when it is this far inside its limits again, 0.1 °C. */
const HYSTERESIS_DECI_C = 30;
/** Charging below freezing ruins cells. */
const MIN_CHARGE_DECI_C = 0;
/** A pack that does not tell its capacity is taken for a usual one, mAh. */
const USUAL_CAPACITY_MAH = 40_000;

export type ChargeOrder = { slot: number; limitMa: number };

const ORDINARY_ALARMS: ReadonlySet<string> = new Set([
  'low_soc',
  'cell_under_voltage',
  'pack_under_voltage',
  'cell_imbalance',
]);

/**
 * Whether a pack may charge at all: read well, within its temperatures, no alarm, its door shut. `stopped` = it does not charge now, so
 * it needs to be well inside its limits. Pure.
 */
export function mayCharge(
  { occupied, pack, door, fault }: SlotView,
  stopped: boolean,
  rules: SwapRules,
): boolean {
  if (occupied !== true || !pack || pack.ageMs === null || door !== 'closed' || fault !== null) return false;
  if (pack.quality.length > 0 || pack.alarms.some((name) => !ORDINARY_ALARMS.has(name))) return false;
  const margin = stopped ? HYSTERESIS_DECI_C : 0;
  if (pack.maxDeciC !== null && pack.maxDeciC > rules.maxTemperatureDeciC - margin) return false;
  return pack.minDeciC === null || pack.minDeciC >= MIN_CHARGE_DECI_C + margin;
}

/** Chargers that must change; `current` is what was ordered before (absent = not known). Pure. */
export function chargeOrders(
  slots: readonly SlotView[],
  planned: readonly PlannedCharge[],
  current: ReadonlyMap<number, number>,
): ChargeOrder[] {
  const limits = new Map(planned.map(({ slot, limitMa }) => [slot, limitMa]));
  return slots
    .filter(({ occupied }) => occupied === true)
    .map(({ slot }) => ({ slot, limitMa: limits.get(slot) ?? 0 }))
    .filter(({ slot, limitMa }) => limitMa !== current.get(slot))
    .sort((a, b) => a.limitMa - b.limitMa);
}

/** Keeps the chargers as `planCharge` says. A pack that came in is charged within one interval of its first good reading. */
export function createCharging(deps: {
  config: ChargingConfig;
  board: SlotBoard;
  cabinet: CabinetPort;
  packs: PackSource;
  rules: SwapRules;
  /** Warms faster than charging explains. */
  isHeating: (slot: number) => boolean;
  status: () => CabinetStatus | null;
  clock: Clock;
  log: Logger;
  intervalMs?: number;
}) {
  const { config, board, cabinet, packs, rules, clock, log, intervalMs = 2_000 } = deps;
  const needsHours = config.ready.length > 0 || config.tariff.length > 0;
  const ordered = new Map<number, number>();
  const meter = createSiteMeter();
  let plan: PlannedCharge[] = [];
  let timer: NodeJS.Timeout | null = null;
  let working: Promise<void> | null = null;

  function chargeable(view: SlotView): ChargeablePack[] {
    const latest = packs.latest(view.slot);
    if (!latest || !view.pack || view.pack.socPct === null) return [];
    if (deps.isHeating(view.slot) || !mayCharge(view, ordered.get(view.slot) === 0, rules)) return [];
    const { voltageMv = 0, currentMa, capacityMah, designCapacityMah } = latest.reading;
    return [
      {
        slot: view.slot,
        packClass: view.pack.packClass,
        socPct: view.pack.socPct,
        capacityMah: capacityMah ?? designCapacityMah ?? USUAL_CAPACITY_MAH,
        voltageMv,
        maxMa: config.maxCurrentMa,
        currentMa,
        minDeciC: view.pack.minDeciC ?? undefined,
        maxDeciC: view.pack.maxDeciC ?? undefined,
      },
    ];
  }

  function planNow(slots: readonly SlotView[]): PlannedCharge[] {
    const candidates = slots.flatMap(chargeable);
    const chargersW = candidates.reduce(
      (sum, { currentMa = 0, voltageMv }) => sum + powerOf(Math.max(0, currentMa), voltageMv),
      0,
    );
    meter.observe(deps.status(), chargersW, clock.monotonicMs());
    const minute = needsHours ? minuteOfDay(clock.nowMs(), config.timeZone) : 0;
    return planCharge({
      packs: candidates,
      readyByClass: readyByClass(slots, rules),
      powerW: config.sitePowerW === undefined ? null : Math.max(0, config.sitePowerW - (meter.otherW() ?? 0)),
      readySocPct: rules.minDispenseSocPct,
      promises: promisesAt(config, minute),
      isDear: isDearAt(config, minute),
    });
  }

  async function apply(): Promise<void> {
    if (!cabinet.isUp()) return;
    const slots = board.views();
    for (const slot of slots) if (slot.occupied !== true) ordered.delete(slot.slot);
    plan = planNow(slots);
    // Lower limits first: at no instant do the chargers together take more than they may.
    for (const { slot, limitMa } of chargeOrders(slots, plan, ordered)) {
      try {
        await cabinet.setChargeLimit(slot, limitMa);
        ordered.set(slot, limitMa);
        const reason = plan.find((one) => one.slot === slot)?.reason ?? 'not fit to charge';
        log.debug({ slot, limitMa, reason }, 'charge limit set');
      } catch (error) {
        log.debug({ slot, limitMa, err: error }, 'charge limit not set; tried again');
        // A charger that may still draw what it did leaves no room for others.
        if (config.sitePowerW !== undefined) return;
      }
    }
  }

  return {
    start(): void {
      timer ??= setInterval(() => {
        working ??= apply()
          .catch((error: unknown) => log.error({ err: error }, 'charging not planned'))
          .finally(() => {
            working = null;
          });
      }, intervalMs);
    },
    /** What is planned for each pack, with the reason. */
    plan: (): readonly PlannedCharge[] => plan,
    /** The controller started again and may have forgotten. */
    forget: (): void => ordered.clear(),
    async stop(): Promise<void> {
      if (timer) clearInterval(timer);
      timer = null;
      await working;
    },
  };
}
