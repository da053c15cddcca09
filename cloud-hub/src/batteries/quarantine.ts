import type { Battery, ReadingMessage } from '@voltbay/protocol';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import type { Settings } from '../system/settings.js';
import { imbalanceMv } from './battery-days.js';
import { type BatteryDocument, batteriesCollection } from './battery-documents.js';

/** Limits beyond which a pack may not be ridden on; 0 switches one off. */
export type QuarantineRules = {
  minSohPct: number;
  maxImbalanceMv: number;
  maxDeciC: number;
  maxCycles: number;
};
export type Fault = { code: string; detail: string };

/** Alarms that never mean "full" or "empty". */
const GRAVE_ALARMS: readonly string[] = ['cell_fault', 'short_circuit'];
/** One reading may be a bad sensor or a bad frame. */
const STRIKES = 3;
const MAX_WATCHED = 50_000;

/** Why a pack with this reading must be quarantined; null = it need not. Pure. */
export function quarantineFault(reading: ReadingMessage, rules: QuarantineRules): Fault | null {
  const { sohPct, cycles, alarms = [], temperaturesDeciC = [] } = reading;
  const grave = alarms.find((alarm) => GRAVE_ALARMS.includes(alarm));
  if (grave) return { code: 'ALARM', detail: grave };
  const hottest = temperaturesDeciC.length > 0 ? Math.max(...temperaturesDeciC) : null;
  if (rules.maxDeciC > 0 && hottest !== null && hottest > rules.maxDeciC)
    return { code: 'TOO_HOT', detail: `${hottest / 10} °C, limit ${rules.maxDeciC / 10} °C` };
  const gap = imbalanceMv(reading);
  if (rules.maxImbalanceMv > 0 && gap !== undefined && gap > rules.maxImbalanceMv)
    return { code: 'IMBALANCE', detail: `${gap} mV between cells, limit ${rules.maxImbalanceMv} mV` };
  if (rules.minSohPct > 0 && sohPct !== undefined && sohPct > 0 && sohPct < rules.minSohPct)
    return { code: 'LOW_SOH', detail: `SoH ${sohPct} %, limit ${rules.minSohPct} %` };
  if (rules.maxCycles > 0 && cycles !== undefined && cycles > rules.maxCycles)
    return { code: 'CYCLES', detail: `${cycles} cycles, limit ${rules.maxCycles}` };
  return null;
}

export interface Quarantine {
  /** Keeps a pack from leaving any station. Null: not in service, or unknown. */
  put(wish: {
    tenantId: string;
    packId: string;
    by: string;
    code: string;
    note: string;
  }): Promise<BatteryDocument | null>;
  /** Lets it go again. Null: not quarantined. */
  release(wish: {
    tenantId: string;
    packId: string;
    by: string;
    note: string;
  }): Promise<BatteryDocument | null>;
  /** Looks at newest readings; a pack beyond a limit in three of them one after the other is quarantined. */
  watch(packs: readonly { packId: string; tenantId: string; reading: ReadingMessage }[]): Promise<void>;
  /** Serials of the tenant that must not leave, sorted: quarantined and retired ones. */
  blocked(tenantId: string): Promise<string[]>;
  /** Those of them that stand at a station. */
  blockedAt(tenantId: string, device: string): Promise<string[]>;
}

/** As many as one list to a station holds. */
export const MAX_BLOCKED = 4_000;

export function createQuarantine(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  settings: Pick<Settings, 'get'>;
}): Quarantine {
  const batteries = deps.database.collection(batteriesCollection);
  const strikes = new Map<string, number>();

  const change = (
    filter: Record<string, unknown>,
    status: Battery['status'],
    quarantine: NonNullable<Battery['quarantine']> | null,
    lifted: Battery['quarantineLifted'] | undefined,
  ) =>
    batteries.findOneAndUpdate(
      filter,
      {
        $set: {
          status,
          quarantine,
          ...(lifted === undefined ? {} : { quarantineLifted: lifted }),
          updatedAt: isoNow(deps.clock),
        },
        $inc: { version: 1 },
      },
      { returnDocument: 'after' },
    );
  const put: Quarantine['put'] = ({ tenantId, packId, by, code, note }) =>
    change(
      { _id: packId, tenantId, status: 'in-service' },
      'quarantined',
      { at: isoNow(deps.clock), by, code, note },
      undefined,
    );
  const rulesOf = async (tenantId: string): Promise<QuarantineRules> => ({
    minSohPct: await deps.settings.get(tenantId, 'batteries.quarantineSohPct'),
    maxImbalanceMv: await deps.settings.get(tenantId, 'batteries.quarantineImbalanceMv'),
    maxDeciC: await deps.settings.get(tenantId, 'batteries.quarantineDeciC'),
    maxCycles: await deps.settings.get(tenantId, 'batteries.quarantineCycles'),
  });

  return {
    put,
    release: ({ tenantId, packId, by, note }) =>
      change({ _id: packId, tenantId, status: 'quarantined' }, 'in-service', null, {
        at: isoNow(deps.clock),
        by,
        note,
      }),
    async watch(packs) {
      const rules = new Map<string, QuarantineRules>();
      for (const { packId, tenantId, reading } of packs) {
        const known = rules.get(tenantId) ?? (await rulesOf(tenantId));
        rules.set(tenantId, known);
        const name = `${tenantId}/${packId}`;
        const fault = quarantineFault(reading, known);
        if (!fault) {
          strikes.delete(name);
          continue;
        }
        const count = (strikes.get(name) ?? 0) + 1;
        if (strikes.size < MAX_WATCHED) strikes.set(name, count);
        // Told once; a pack that a person let go again is looked at afresh when its reading was good in between.
        if (count !== STRIKES) continue;
        const done = await put({ tenantId, packId, by: 'hub', code: fault.code, note: fault.detail });
        if (done) deps.logger.warn({ packId, ...fault }, 'a pack was quarantined');
      }
    },
    async blocked(tenantId) {
      const found = await batteries
        .find(
          { tenantId, status: { $in: ['quarantined', 'retired'] } },
          { projection: { _id: 1 }, sort: { _id: 1 }, limit: MAX_BLOCKED },
        )
        .toArray();
      return found.map(({ _id }) => _id).sort();
    },
    async blockedAt(tenantId, device) {
      const here = await batteries
        .find(
          { tenantId, 'custodian.kind': 'station', 'custodian.id': device },
          { projection: { status: 1 }, limit: 600 },
        )
        .toArray();
      return here.filter(({ status }) => status !== 'in-service').map(({ _id }) => _id);
    },
  };
}
