import { defineCollection, type Stored } from '../db/index.js';

/** `_id` is the tenant's name in every other document. */
export type TenantDocument = {
  _id: string;
  name: string;
  createdAt: string;
  createdBy: string;
  /** Older documents have none of these three: active. */
  state?: 'active' | 'suspended';
  stateReason?: string | null;
  stateSince?: string;
};
export const tenantsCollection = defineCollection<TenantDocument>('tenants', []);

/** Stations that are looked after together: each names its region. Documents of an older hub list them here. */
export type RegionDocument = Stored & { name: string; stationIds?: string[] };
export const regionsCollection = defineCollection<RegionDocument>('regions', [
  { name: 'tenant-name', key: { tenantId: 1, name: 1 }, unique: true },
]);

export type SettingValue = number | string | boolean;
export type SettingChange = {
  version: number;
  from: SettingValue | null;
  to: SettingValue;
  by: string;
  at: string;
  note: string | null;
};
/** A tenant's setting with its newest changes in the same document, so that neither stands without the other. `_id` is `{tenant}:{key}`. */
export type TenantSettingDocument = Stored & { key: string; value: SettingValue; changes: SettingChange[] };
export const tenantSettingsCollection = defineCollection<TenantSettingDocument>('tenant_settings', [
  { name: 'tenant-key', key: { tenantId: 1, key: 1 } },
]);

export type DictionaryEntry = { code: string; labels: Record<string, string>; enabled: boolean };
/** A list of codes with their words, kept by the operator: reasons, causes, kinds. `_id` is `{tenant}:{name}`. */
export type DictionaryDocument = Stored & { name: string; entries: DictionaryEntry[] };
export const dictionariesCollection = defineCollection<DictionaryDocument>('dictionaries', [
  { name: 'tenant-name', key: { tenantId: 1, name: 1, _id: 1 } },
]);

export const systemCollections = [
  tenantsCollection,
  regionsCollection,
  tenantSettingsCollection,
  dictionariesCollection,
];
