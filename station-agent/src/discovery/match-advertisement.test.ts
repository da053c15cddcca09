import { describe, expect, it } from 'vitest';
import { createRegistry } from '../drivers/registry.js';
import type { Advertisement } from '../transports/ble/gatt-profile.js';
import { driversFor } from './match-advertisement.js';

const registry = createRegistry();
const from = (companyId: number): Uint8Array => Uint8Array.of(companyId & 0xff, companyId >> 8, 1, 2, 3);
const full = (uuid: string): string => `0000${uuid}-0000-1000-8000-00805F9B34FB`;

/** Made up from the names, services and company ids that the makers' modules are documented to send. */
const PACKS: Array<[string, string, Advertisement]> = [
  ['jbd-ble', 'with its board name', { name: 'JBD-SP04S034-L4S-200A', serviceUuids: ['ff00'] }],
  ['jbd-ble', 'renamed to its label', { name: 'VB-B-0107', serviceUuids: ['ff00'] }],
  ['jbd-ble', 'without a name, UUID in full', { serviceUuids: [full('ff00')] }],
  ['jk-ble', 'by name', { name: 'JK_B2A24S15P', serviceUuids: ['ffe0'] }],
  ['jk-ble', 'renamed, by maker', { name: 'garage', serviceUuids: ['ffe0'], manufacturerData: from(0x0b65) }],
  ['daly-ble', 'by name', { name: 'DL-401710015C9B', serviceUuids: ['fff0'] }],
  [
    'daly-ble',
    'renamed, by maker',
    { name: 'VB-B-1', serviceUuids: ['fff0'], manufacturerData: from(0x0102) },
  ],
];

const STRANGERS: Array<[string, Advertisement]> = [
  ['a phone', { name: 'Pixel', serviceUuids: ['fe9f'], manufacturerData: from(0x00e0) }],
  ['nothing at all', { serviceUuids: [] }],
  ['any serial module', { name: 'HMSoft', serviceUuids: ['ffe0'] }],
  ['a Seplos V2 module', { name: 'BP00', serviceUuids: ['ff00'] }],
  ['a TDT module', { name: 'XDZN_001', serviceUuids: ['fff0'], manufacturerData: from(0xd6c0) }],
];

describe('an advertisement', () => {
  it.each(PACKS)('is claimed by %s alone: %s', (driver, _what, advertisement) => {
    expect(driversFor(advertisement, registry).map(({ id }) => id)).toEqual([driver]);
  });

  it.each(STRANGERS)('of %s is claimed by no driver', (_what, advertisement) => {
    expect(driversFor(advertisement, registry)).toEqual([]);
  });
});
