import type { Clock } from '../clock.js';
import type { PackSource } from '../hardware/ports.js';
import { isUnread } from './eligibility.js';
import { type Acceptance, planSwap } from './plan.js';
import type { SlotView, SwapRequest, SwapRules } from './types.js';

export type FreshPlanDeps = {
  /** The slots as they are known now. */
  views(): readonly SlotView[];
  packs: Pick<PackSource, 'readNow' | 'stats'>;
  rules: SwapRules;
  clock: Pick<Clock, 'monotonicMs'>;
};

/** Reads at a time: buses and radio work side by side, and what is known is judged before more is asked. */
const BATCH = 3;
const READ_MS = 3_000;
/** The rider waits, and the command lives for 15 s (`DEFAULT_COMMAND_TTL_MS`): what was not read by then counts as not there. */
export const LOOK_AROUND_MS = 10_000;

/**
 * Plans a swap. Where readings are what is missing, as just after a start, packs are read until one is good enough: first those that are kept
 * for this order, last those that were silent lately. A refusal names the slots that could not be read.
 */
export async function planFreshly(request: SwapRequest, deps: FreshPlanDeps): Promise<Acceptance> {
  const { views, packs, rules, clock } = deps;
  const untilMs = clock.monotonicMs() + LOOK_AROUND_MS;
  const asked = new Set<number>();
  const unread = (): SlotView[] => views().filter((slot) => isUnread(slot, request, rules));
  let acceptance = planSwap(request, views(), rules);
  while (!acceptance.ok && acceptance.reason === 'NO_PACK_READY' && clock.monotonicMs() < untilMs) {
    const next = inOrder(
      unread().filter(({ slot }) => !asked.has(slot)),
      request,
      packs,
    ).slice(0, BATCH);
    if (next.length === 0) break;
    for (const { slot } of next) asked.add(slot);
    await Promise.all(next.map(({ slot }) => packs.readNow(slot, { timeoutMs: READ_MS })));
    acceptance = planSwap(request, views(), rules);
  }
  if (acceptance.ok || acceptance.reason !== 'NO_PACK_READY') return acceptance;
  const silent = unread().map(({ slot }) => slot);
  if (silent.length === 0) return acceptance;
  return { ...acceptance, detail: `${acceptance.detail}; no reading of slot ${silent.join(', ')}` };
}

function inOrder(
  unread: readonly SlotView[],
  request: SwapRequest,
  packs: Pick<PackSource, 'stats'>,
): SlotView[] {
  const failures = new Map(
    packs.stats().slots.map(({ slot, silent, badFrames }) => [slot, silent + badFrames]),
  );
  // Labels are known before readings.
  const rank = ({ slot, pack }: SlotView): number =>
    request.serials?.includes(pack?.packId ?? '') ? -1 : (failures.get(slot) ?? 0);
  return [...unread].sort((a, b) => rank(a) - rank(b));
}
