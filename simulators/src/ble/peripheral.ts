/** What a characteristic offers (Bluetooth Core 5.0, Vol 3, Part G, 3.3.1.1). */
export type CharacteristicProperty = 'read' | 'writeWithoutResponse' | 'write' | 'notify' | 'indicate';

export interface GattCharacteristic {
  /** Four hex digits, or 32 for a vendor's own. */
  readonly uuid: string;
  readonly properties: readonly CharacteristicProperty[];
  read?(): Uint8Array;
  write?(data: Uint8Array, link: PeripheralLink): void;
  /** The host has switched notifications on. */
  subscribed?(link: PeripheralLink): void;
}

export interface GattService {
  readonly uuid: string;
  readonly characteristics: readonly GattCharacteristic[];
}

/** A live connection as the peripheral sees it. */
export interface PeripheralLink {
  /** Sends a notification, cut to the MTU. False when the host has not subscribed or the link is gone. */
  notify(characteristic: GattCharacteristic, data: Uint8Array): boolean;
  alive(): boolean;
}

/** A Bluetooth LE device in radio range. */
export interface BlePeripheral {
  /** Lower case, colon separated. */
  readonly address: string;
  readonly addressType: 'public' | 'random';
  readonly name: string;
  readonly services: readonly GattService[];
  readonly advertisedServices: readonly string[];
  readonly manufacturerData?: Uint8Array;
  /** Largest ATT MTU that it agrees to; 23 = the Bluetooth minimum. */
  readonly maxMtu: number;
  rssi(): number;
  /** False: stays in range without advertising, so nobody can connect. */
  connectable(): boolean;
}
