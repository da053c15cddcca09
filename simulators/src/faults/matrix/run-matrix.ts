import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditUplink } from '../../network/audit.js';
import { DEMO } from '../../network/demo-accounts.js';
import { eventually } from '../../network/eventually.js';
import { readHubRecords } from '../../network/hub-records.js';
import { openSite } from '../../network/site.js';
import { siteRider, type WitnessedSwap, witnessedSwap } from '../../network/witnessed-swap.js';
import { createRandom } from '../../random.js';
import { type FaultCase, type FaultResult, mustHold } from './case.js';
import { faultCases, notInjected } from './cases/index.js';

export type MatrixOptions = {
  root: string;
  only?: readonly string[];
  long?: boolean;
  seed: number;
  onResult?: (result: FaultResult) => void;
};

/** Runs the fault matrix, one network for each case, and answers one row for each of F01-F32. */
export async function runMatrix(options: MatrixOptions): Promise<FaultResult[]> {
  const wanted = (id: string) => !options.only || options.only.includes(id);
  const results: FaultResult[] = notInjected
    .filter(({ id }) => wanted(id))
    .map(({ id, name, why }) => ({ id, name, runs: 0, lost: 0, duplicated: 0, ok: null, note: why }));
  for (const one of faultCases.filter(({ id }) => wanted(id))) {
    const result = await runCase(one, options);
    results.push(result);
    options.onResult?.(result);
  }
  return results.sort((a, b) => a.id.localeCompare(b.id));
}

async function runCase(one: FaultCase, options: MatrixOptions): Promise<FaultResult> {
  const dir = mkdtempSync(join(tmpdir(), `voltbay-${one.id.toLowerCase()}-`));
  const row: FaultResult = {
    id: one.id,
    name: one.name,
    runs: 0,
    lost: 0,
    duplicated: 0,
    ok: false,
    note: '',
  };
  const swaps: WitnessedSwap[] = [];
  let site: Awaited<ReturnType<typeof openSite>> | undefined;
  try {
    const opened = await openSite({ root: options.root, dir, ...one.network });
    site = opened;
    await opened.ready();
    // Enough charged packs for every swap of the case.
    await opened.act('advance', { ms: 6 * 3_600_000 });
    await opened.ready();
    const rider = await siteRider(opened, DEMO.riders[0]);
    const swap = async (how = {}) => {
      const seen = await witnessedSwap(opened, rider, how);
      swaps.push(seen);
      return seen;
    };
    const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
    const outcome = await one.run({
      site: opened,
      rider,
      random: createRandom(options.seed).fork(one.id),
      long: options.long ?? false,
      swap,
      pause,
    });
    Object.assign(row, outcome);

    // Afterwards everything works again: a fresh swap, and with it fresh messages.
    await opened.ready();
    const fresh = await eventually('a fresh swap', 60_000, async () => {
      const seen = await swap();
      return seen.order?.state === 'completed' ? seen : null;
    });
    mustHold(fresh.taken !== null, 'the fresh swap gave no pack');
    await opened.drained();
    await opened.network.agent.stop();
    await opened.network.hub.stop();
    const records = await readHubRecords(opened.hubDir);
    const audit = auditUplink(opened.network.device, opened.uplink, records.messages);
    row.lost = audit.lost.length;
    row.duplicated = audit.duplicated.length;
    mustHold(audit.lost.length === 0, `lost: ${audit.lost.slice(0, 5).join(' ')}`);
    mustHold(audit.duplicated.length === 0, `stored twice: ${audit.duplicated.slice(0, 5).join(' ')}`);
    mustHold(audit.neverSent.length === 0, `stored but never sent: ${audit.neverSent.slice(0, 5).join(' ')}`);
    mustHold(audit.altered.length === 0, `altered: ${audit.altered.slice(0, 5).join(' ')}`);
    for (const { order, taken, doors } of swaps) {
      mustHold(doors.mostAtOnce <= 1, `${doors.mostAtOnce} doors at once`);
      const charges = records.charges.filter(({ orderId }) => orderId === order?.id).length;
      mustHold(charges === (taken === null ? 0 : 1), `${charges} charges, pack taken: ${taken}`);
    }
    const out = records.charges.length;
    mustHold(out === swaps.filter(({ taken }) => taken !== null).length, `${out} charges in all`);
    row.ok = true;
    row.note = `${row.note}; ${audit.stored} messages, ${swaps.length} swaps`;
  } catch (error) {
    row.note = [row.note, error instanceof Error ? error.message : String(error), `kept: ${dir}`]
      .filter(Boolean)
      .join('; ');
  } finally {
    await site?.close().catch(() => undefined);
    if (row.ok) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
  return row;
}
