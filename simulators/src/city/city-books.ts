import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isTerminalOrderState, type OrderState } from '@voltbay/protocol';
import { compareCustody, type PhysicalCustody } from '../network/compare-custody.js';
import { readHubRecords } from '../network/hub-records.js';

export interface CityBooks {
  /** Each thing that does not agree, as a sentence. */
  differences: string[];
  orders: number;
  completed: number;
  charges: number;
  revenueFen: number;
  messages: number;
  ledger: { ok: boolean; entries: number };
}

/** What really happened, to hold the hub's records against. */
export interface CityTruth {
  custody: PhysicalCustody;
  /** Swaps in which a pack really left. */
  swaps: number;
}

const MAX_TEXT = 4_000;
const HUB = fileURLToPath(new URL('../../../cloud-hub/bin/voltbay-hub.mjs', import.meta.url));

/** Holds the stopped hub's orders, charges, custody and ledger against each other and against the physical truth. */
export async function checkCityBooks(dataDir: string, truth: CityTruth): Promise<CityBooks> {
  const ledger = hubSays(['ledger', 'verify'], dataDir);
  const verified = hubSays(['verify', '--tenant', 'demo'], dataDir);
  const records = await readHubRecords(dataDir);
  const completed = records.orders.filter(({ state }) => state === 'completed');
  const open = records.orders.filter(({ state }) => !isTerminalOrderState(state as OrderState));
  const charged = new Set(records.charges.map(({ orderId }) => orderId));
  const numbered = records.messages.filter(({ epoch, seq }) => epoch !== null && seq !== null);
  const numbers = new Set(numbered.map(({ device, epoch, seq }) => `${device}/${epoch}/${seq}`));
  const differences = [
    ...compareCustody(truth.custody, records.custody),
    ...open.map(({ id, state }) => `order ${id} has stayed ${state}`),
    ...completed.filter(({ id }) => !charged.has(id)).map(({ id }) => `order ${id} was never charged`),
    completed.length === truth.swaps
      ? ''
      : `${truth.swaps} packs were taken; the hub has ${completed.length} completed orders`,
    charged.size === records.charges.length ? '' : 'an order was charged twice',
    records.charges.length === completed.length
      ? ''
      : `${records.charges.length} charges for ${completed.length} completed orders`,
    numbers.size === numbered.length ? '' : `${numbered.length - numbers.size} messages are stored twice`,
    ...records.wallets
      .filter(({ heldFen }) => heldFen !== 0)
      .map(({ userId, heldFen }) => `${heldFen} fen of ${userId} are still held`),
    ledger.ok ? '' : `ledger verify: ${ledger.text}`,
    verified.ok ? '' : `verify: ${verified.text.slice(0, MAX_TEXT)}`,
  ].filter(Boolean);
  return {
    differences,
    orders: records.orders.length,
    completed: completed.length,
    charges: records.charges.length,
    revenueFen: records.charges.reduce((sum, { amountFen }) => sum + amountFen, 0),
    messages: records.messages.length,
    ledger: { ok: ledger.ok, entries: Number(ledger.report.entries ?? 0) },
  };
}

/** A verifying command of the hub's own, over its data folder. */
function hubSays(
  command: string[],
  dataDir: string,
): { ok: boolean; text: string; report: Record<string, unknown> } {
  const args = [HUB, ...command, '--data', dataDir, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, VOLTBAY_DEMO: '1', LOG_LEVEL: 'error' },
    maxBuffer: 64 * 1024 * 1024,
  });
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  const report = line === undefined ? {} : (JSON.parse(line) as Record<string, unknown>);
  return { ok: status === 0, text: `${stderr.trim()} ${line ?? ''}`.trim(), report };
}
