import type { CharacteristicProperty, GattCharacteristic, GattService } from './peripheral.js';

/** Attribute types of the GATT profile (Core 5.0, Vol 3, Part G, 3.4). */
export const PRIMARY_SERVICE = '2800';
export const CHARACTERISTIC = '2803';
export const CLIENT_CONFIGURATION = '2902';

const PROPERTY_BITS: Record<CharacteristicProperty, number> = {
  read: 0x02,
  writeWithoutResponse: 0x04,
  write: 0x08,
  notify: 0x10,
  indicate: 0x20,
};

interface AttributeBase {
  readonly handle: number;
  readonly type: string;
}
export type Attribute =
  | (AttributeBase & { readonly kind: 'service'; readonly uuid: string; endHandle: number })
  | (AttributeBase & { readonly kind: 'declaration'; readonly value: Buffer })
  | (AttributeBase & {
      readonly kind: 'value';
      readonly characteristic: GattCharacteristic;
      readonly properties: number;
    })
  | (AttributeBase & { readonly kind: 'configuration'; readonly characteristic: GattCharacteristic });

export interface GattDatabase {
  readonly attributes: readonly Attribute[];
  at(handle: number): Attribute | undefined;
  valueHandle(characteristic: GattCharacteristic): number | undefined;
}

/** UUID in wire order: least significant byte first. */
export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').reverse();
}

export function hasProperty(properties: number, property: CharacteristicProperty): boolean {
  return (properties & PROPERTY_BITS[property]) !== 0;
}

/** Lays services out as attributes with handles from 1, in the order given. */
export function createGattDatabase(services: readonly GattService[]): GattDatabase {
  const attributes: Attribute[] = [];
  const valueHandles = new Map<GattCharacteristic, number>();
  const nextHandle = () => attributes.length + 1;

  for (const service of services) {
    const header: Attribute = {
      handle: nextHandle(),
      type: PRIMARY_SERVICE,
      kind: 'service',
      uuid: service.uuid,
      endHandle: 0,
    };
    attributes.push(header);
    for (const characteristic of service.characteristics) {
      const properties = characteristic.properties.reduce((bits, name) => bits | PROPERTY_BITS[name], 0);
      const valueHandle = nextHandle() + 1;
      const value = Buffer.concat([
        Buffer.from([properties, valueHandle & 0xff, valueHandle >> 8]),
        uuidBytes(characteristic.uuid),
      ]);
      attributes.push({ handle: nextHandle(), type: CHARACTERISTIC, kind: 'declaration', value });
      attributes.push({
        handle: valueHandle,
        type: characteristic.uuid,
        kind: 'value',
        characteristic,
        properties,
      });
      valueHandles.set(characteristic, valueHandle);
      if (hasProperty(properties, 'notify') || hasProperty(properties, 'indicate')) {
        attributes.push({
          handle: nextHandle(),
          type: CLIENT_CONFIGURATION,
          kind: 'configuration',
          characteristic,
        });
      }
    }
    header.endHandle = attributes.length;
  }

  return {
    attributes,
    at: (handle) => attributes[handle - 1],
    valueHandle: (characteristic) => valueHandles.get(characteristic),
  };
}
