import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAgentRecords } from '../../network/agent-disk.js';
import { DEMO } from '../../network/demo-accounts.js';
import { eventually } from '../../network/eventually.js';
import { readHubRecords } from '../../network/hub-records.js';
import { openSite } from '../../network/site.js';
import {
  type SwapByRider,
  siteRider,
  type WitnessedSwap,
  witnessedSwap,
} from '../../network/witnessed-swap.js';
import { createRandom } from '../../random.js';
import { loadFactor } from '../injectors/machine-load.js';
import { type FaultCase, type FaultContext, type FaultResult, mustHold } from './case.js';
import { type Evidence, judge } from './oracle.js';

export type CaseOptions = {
  root: string;
  seed: number;
  long: boolean;
  limitMs: number;
  /** Spoils the evidence, to show that the oracle finds it. */
  tamper?: (evidence: Evidence) => void;
};

const CHARGE_MS = 6 * 3_600_000;

/** Runs one case on a network of its own and judges what came of it. Never throws: a failure is a result. */
export async function runCase(one: FaultCase, options: CaseOptions): Promise<FaultResult> {
  const row: FaultResult = {
    id: one.id,
    name: one.name,
    runs: 0,
    lost: 0,
    duplicated: 0,
    ok: false,
    note: '',
  };
  const reason = one.missing?.() ?? null;
  if (reason !== null) return { ...row, ok: null, note: reason };
  const dir = mkdtempSync(join(tmpdir(), `voltbay-${one.id.toLowerCase()}-`));
  const closers: (() => Promise<void> | void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not done within ${Math.round(options.limitMs / 1000)} s`)),
      options.limitMs,
    );
  });
  const notes: string[] = [];
  try {
    await Promise.race([experiment(one, options, { dir, row, closers, notes }), tooLong]);
    row.ok = true;
  } catch (error) {
    notes.push(error instanceof Error ? error.message : String(error), `kept: ${dir}`);
  } finally {
    clearTimeout(timer);
    for (const close of closers.reverse()) await Promise.resolve(close()).catch(() => undefined);
    if (row.ok) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
  row.note = notes.filter(Boolean).join('; ');
  return row;
}

type Bench = { dir: string; row: FaultResult; closers: (() => Promise<void> | void)[]; notes: string[] };

async function experiment(one: FaultCase, options: CaseOptions, bench: Bench): Promise<void> {
  const { dir, row, closers, notes } = bench;
  const opened = one.open
    ? await one.open(dir)
    : { network: one.network ?? {}, run: one.run, close: () => {} };
  closers.push(opened.close);
  const site = await openSite({ root: options.root, dir, ...opened.network });
  closers.push(() => site.close());
  const charge = async () => {
    await site.act('advance', { ms: CHARGE_MS });
    await site.ready();
  };
  await site.ready();
  await charge();
  const rider = await siteRider(site, DEMO.riders[0]);
  const swaps: WitnessedSwap[] = [];
  const allowed = { releases: 0, orders: [] as string[] };
  const walk = async (how: SwapByRider): Promise<WitnessedSwap> => {
    const seen = await witnessedSwap(site, rider, how);
    swaps.push(seen);
    return seen;
  };
  const context: FaultContext = {
    site,
    rider,
    random: createRandom(options.seed).fork(one.id),
    long: options.long,
    swap(how = {}) {
      const running = walk(how);
      // A case that has failed meanwhile waits for it no more.
      running.catch(() => undefined);
      return running;
    },
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    charge,
    allowRelease: () => {
      allowed.releases += 1;
    },
    allowOrder: (id) => allowed.orders.push(id),
    within,
  };
  const outcome = await opened.run(context);
  row.runs = outcome.runs;
  notes.push(outcome.note);

  // Afterwards everything works again: a fresh swap, and with it fresh messages.
  await site.ready();
  await charge();
  const fresh = await eventually('a fresh swap', 60_000, async () => {
    const seen = await context.swap();
    return seen.order?.state === 'completed' ? seen : null;
  });
  mustHold(fresh.taken !== null, 'the fresh swap gave no pack');
  await site.drained();
  const { history } = await site.truth();
  await site.network.agent.stop();
  await site.network.hub.stop();
  const hub = await readHubRecords(site.hubDir, opened.network.storeUri);
  const evidence: Evidence = {
    device: site.network.device,
    witness: site.uplink,
    journals: [...site.journals, readAgentRecords(site.agentDir)],
    hub,
    history,
    swaps,
    allowed,
  };
  options.tamper?.(evidence);
  const verdict = judge(evidence);
  row.lost = verdict.lost.length;
  row.duplicated = verdict.duplicated.length;
  mustHold(verdict.faults.length === 0, verdict.faults.join('; '));
  outcome.check?.(hub);
  notes.push(`${verdict.stored} messages, ${swaps.length} swaps`);
}

function within(what: string, measuredMs: number, limitMs: number): string {
  const factor = loadFactor();
  const stretched = factor === 1 ? '' : ` × load ${factor}`;
  const text = `${what} ${Math.round(measuredMs)} ms (limit ${limitMs}${stretched})`;
  mustHold(measuredMs <= limitMs * factor, text);
  return text;
}
