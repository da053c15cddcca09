import type { Advertisement } from '../transports/ble/gatt-profile.js';

/** The service is among those that the device broadcasts. */
export function advertises({ serviceUuids }: Advertisement, uuid: string): boolean {
  return serviceUuids.some((one) => shortUuid(one) === uuid);
}

/** 16-bit form of a UUID on the Bluetooth base, others unchanged; lower case without dashes. */
export function shortUuid(uuid: string): string {
  const plain = uuid.toLowerCase().replaceAll('-', '');
  const base = /^0000([0-9a-f]{4})00001000800000805f9b34fb$/.exec(plain);
  return base?.[1] ?? plain;
}

/** Bluetooth company id in front of the manufacturer data. */
export function companyId({ manufacturerData: data }: Advertisement): number | undefined {
  if (!data || data.length < 2) return undefined;
  return (data[0] ?? 0) | ((data[1] ?? 0) << 8);
}

export function isNamed({ name }: Advertisement, patterns: readonly RegExp[]): boolean {
  return name !== undefined && patterns.some((pattern) => pattern.test(name));
}
