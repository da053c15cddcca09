import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';

/** The part of @abandonware/noble that is used. Its own types name neither the instance nor its errors truly. */
export type NobleCharacteristic = EventEmitter & {
  uuid: string;
  properties: string[];
  write(data: Buffer, withoutResponse: boolean, callback?: (error?: unknown) => void): void;
  subscribe(callback?: (error?: unknown) => void): void;
};

export type NoblePeripheral = EventEmitter & {
  id: string;
  address: string;
  rssi: number;
  /** Null right after connecting; 23 must be assumed. */
  mtu: number | null;
  state: 'error' | 'connecting' | 'connected' | 'disconnecting' | 'disconnected';
  advertisement?: { localName?: string; serviceUuids?: string[]; manufacturerData?: Buffer };
  connect(): void;
  cancelConnect(): void;
  disconnect(): void;
  discoverSomeServicesAndCharacteristics(
    services: string[],
    characteristics: string[],
    callback: (error: unknown, services: unknown, characteristics: NobleCharacteristic[] | null) => void,
  ): void;
};

export type Noble = EventEmitter & {
  /** Reading it starts the adapter; afterwards {@link Noble._state} is the same without that effect. */
  readonly state: string;
  _state: string;
  startScanning(services: string[], allowDuplicates: boolean, callback?: (error?: unknown) => void): void;
  stopScanning(): void;
  _bindings?: EventEmitter & {
    onSigIntBinded?: () => void;
    _hci?: EventEmitter & {
      _socket?: EventEmitter & { stop?: () => void };
      pollIsDevUp?: () => void;
    };
  };
};

/** Makes a fresh noble. It is an optional dependency, so it is asked for only when a slot needs BLE. */
export type LoadNoble = () => Noble;

/** `require`, never `import()`: Node remembers a failed import, so a later try could not succeed. */
export const loadNoble: LoadNoble = () => {
  const require = createRequire(import.meta.url);
  return (require('@abandonware/noble/with-custom-binding') as (options: object) => Noble)({});
};
