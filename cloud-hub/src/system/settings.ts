import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { etagOf, problem } from '../http/index.js';
import type { Clock } from '../ports.js';
import {
  type SettingChange,
  type SettingValue,
  type TenantSettingDocument,
  tenantSettingsCollection,
} from './system-documents.js';

const whole = (min: number, max: number) => z.number().int().min(min).max(max);

/** What an operator may set for a tenant while the hub runs: form, value without a setting, and what it does. */
export const SETTINGS = {
  'alarms.escalateAfterS': {
    schema: whole(60, 86_400),
    initial: 900,
    about: 'A critical alarm that nobody acknowledged is escalated after so many seconds',
  },
  'logs.retentionDays': {
    schema: whole(1, 365),
    initial: 30,
    about: 'How long log lines are kept, in days',
  },
  'messages.retentionDays': {
    schema: whole(1, 30),
    initial: 30,
    about: 'How long the messages of stations are kept as they came, in days',
  },
  'telemetry.retentionDays': {
    schema: whole(1, 30),
    initial: 30,
    about: 'How long the readings of packs are kept, in days; their daily figures stay',
  },
  'orders.reservationTtlS': {
    schema: whole(60, 7_200),
    initial: 900,
    about: 'How long a reserved pack is kept for the rider, in seconds',
  },
  'orders.reservationGraceS': {
    schema: whole(0, 1_800),
    initial: 120,
    about: 'How long the station keeps it beyond that, for a rider who is at the door',
  },
  'batteries.quarantineSohPct': {
    schema: z.number().int().min(0).max(100),
    initial: 60,
    about: 'A pack whose state of health is below this many percent is quarantined; 0 = never',
  },
  'batteries.quarantineImbalanceMv': {
    schema: z.number().int().min(0).max(3_000),
    initial: 400,
    about: 'A pack at rest whose cells differ by more than this many millivolts is quarantined; 0 = never',
  },
  'batteries.quarantineDeciC': {
    schema: z.number().int().min(0).max(1_500),
    initial: 700,
    about: 'A pack hotter than this, in tenths of a degree Celsius, is quarantined; 0 = never',
  },
  'batteries.quarantineCycles': {
    schema: z.number().int().min(0).max(100_000),
    initial: 0,
    about: 'A pack with more full cycles than this is quarantined; 0 = never',
  },
  'finance.twoPersonLimitFen': {
    schema: z.number().int().min(0).max(10_000_000),
    initial: 5_000,
    about: 'Refunds and manual resolutions above this amount, in fen, need the agreement of a second person',
  },
} as const satisfies Record<
  string,
  { schema: z.ZodType<SettingValue>; initial: SettingValue; about: string }
>;
export type SettingKey = keyof typeof SETTINGS;
export const SETTING_KEYS = Object.keys(SETTINGS) as [SettingKey, ...SettingKey[]];
type ValueOf<K extends SettingKey> = z.output<(typeof SETTINGS)[K]['schema']>;

export type SettingView = {
  key: SettingKey;
  value: SettingValue;
  initial: SettingValue;
  about: string;
  version: number;
};

export interface Settings {
  get<K extends SettingKey>(tenantId: string, key: K): Promise<ValueOf<K>>;
  list(tenantId: string): Promise<SettingView[]>;
  view(tenantId: string, key: SettingKey): Promise<SettingView>;
  /** Throws VALIDATION, or PRECONDITION_FAILED when `version` is not the present one (0 = never set). */
  set(change: {
    tenantId: string;
    key: SettingKey;
    value: unknown;
    version: number | null;
    by: string;
    note: string | null;
  }): Promise<SettingView>;
  /** Newest first. */
  history(tenantId: string, key: SettingKey): Promise<SettingChange[]>;
}

/** Changes kept with a setting; the audit log keeps them all. */
const MAX_CHANGES = 200;
/** How long another process's change may stay unseen. */
const MAX_AGE_MS = 5_000;

export function createSettings(deps: { database: Database; clock: Clock }): Settings {
  const { clock } = deps;
  const collection = deps.database.collection(tenantSettingsCollection);
  const cache = new Map<string, { at: number; value: SettingValue }>();
  const idOf = (tenantId: string, key: SettingKey) => `${tenantId}:${key}`;
  const viewOf = (key: SettingKey, document: TenantSettingDocument | null): SettingView => {
    const { initial, about } = SETTINGS[key];
    return { key, value: document?.value ?? initial, initial, about, version: document?.version ?? 0 };
  };
  const stale = (version: number) =>
    problem('PRECONDITION_FAILED', `the setting is at version ${version} now`, {
      headers: { ETag: etagOf(version) },
    });

  return {
    async get(tenantId, key) {
      const id = idOf(tenantId, key);
      const known = cache.get(id);
      if (known && clock.now() - known.at < MAX_AGE_MS) return known.value as ValueOf<typeof key>;
      const { value } = viewOf(key, await collection.findOne({ _id: id }));
      cache.set(id, { at: clock.now(), value });
      return value as ValueOf<typeof key>;
    },
    async list(tenantId) {
      const documents = await collection.find({ tenantId }).toArray();
      const byKey = new Map(documents.map((document) => [document.key, document]));
      return SETTING_KEYS.map((key) => viewOf(key, byKey.get(key) ?? null));
    },
    view: async (tenantId, key) => viewOf(key, await collection.findOne({ _id: idOf(tenantId, key) })),
    async set({ tenantId, key, value, version, by, note }) {
      const checked = SETTINGS[key].schema.safeParse(value);
      if (!checked.success)
        throw problem('VALIDATION', `body.value: ${checked.error.issues[0]?.message ?? 'not valid'}`);
      const id = idOf(tenantId, key);
      const current = await collection.findOne({ _id: id });
      const present = current?.version ?? 0;
      if (version !== null && version !== present) throw stale(present);
      const now = isoNow(clock);
      const change: SettingChange = {
        version: present + 1,
        from: current?.value ?? null,
        to: checked.data,
        by,
        at: now,
        note,
      };
      cache.delete(id);
      if (!current) {
        const fresh: TenantSettingDocument = {
          _id: id,
          tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          key,
          value: checked.data,
          changes: [change],
        };
        try {
          await collection.insertOne(fresh);
        } catch (error) {
          if (isDuplicateKey(error)) throw stale(1);
          throw error;
        }
        return viewOf(key, fresh);
      }
      const updated = await collection.findOneAndUpdate(
        { _id: id, version: present },
        {
          $set: { value: checked.data, updatedAt: now },
          $inc: { version: 1 },
          $push: { changes: { $each: [change], $slice: -MAX_CHANGES } },
        },
        { returnDocument: 'after' },
      );
      if (!updated) throw stale(present + 1);
      return viewOf(key, updated);
    },
    async history(tenantId, key) {
      const document = await collection.findOne({ _id: idOf(tenantId, key) });
      return [...(document?.changes ?? [])].reverse();
    },
  };
}
