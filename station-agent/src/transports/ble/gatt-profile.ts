/** What a BLE device broadcasts. UUIDs in lower case, without dashes; 16-bit ones with four digits. */
export type Advertisement = {
  /** Name, when it sends one. */
  name?: string;
  serviceUuids: readonly string[];
  manufacturerData?: Uint8Array;
};

/** The service and characteristics of a BLE device, UUIDs as in {@link Advertisement}. */
export type GattProfile = { service: string; notify: string; write: string };
