import { DALY_D2_BLE } from './daly-d2/index.js';
import { JBD_BLE } from './jbd/index.js';
import { JK_BLE } from './jk/index.js';
import { SEPLOS_BLE } from './seplos-ble/index.js';

/** How a pack is found and talked to over BLE. UUIDs are 16-bit, lower case, as advertised. */
export type BleProfile = {
  readonly serviceUuid: string;
  readonly notifyUuid: string;
  readonly writeUuid: string;
  /** Advertised names that belong to the protocol. Sellers rename packs: a configured address needs no match. */
  readonly namePatterns: readonly RegExp[];
};

/** Profiles by the protocol name of captures. TDT is left out: it is found by maker id, not by name. */
export const BLE_PROFILES = {
  jbd: JBD_BLE,
  'jk-ble': JK_BLE,
  'daly-d2': DALY_D2_BLE,
  'seplos-v2-ble': SEPLOS_BLE,
} as const satisfies Readonly<Record<string, BleProfile>>;

export type BleProtocol = keyof typeof BLE_PROFILES;

/** Protocol that an advertised name belongs to; undefined when none, as services alone are shared between makers. */
export function bleProtocolOfName(name: string): BleProtocol | undefined {
  const protocols = Object.keys(BLE_PROFILES) as BleProtocol[];
  return protocols.find((protocol) =>
    BLE_PROFILES[protocol].namePatterns.some((pattern) => pattern.test(name)),
  );
}
