import { describe, expect, it } from 'vitest';
import { BLE_PROFILES, type BleProtocol, bleProtocolOfName } from './ble-profiles.js';

describe('ble profiles', () => {
  it.each([
    ['xiaoxiang BMS', 'jbd'],
    ['JBD-SP04S034-L4S-200A-B-U', 'jbd'],
    ['SP15S001-P13S-30A', 'jbd'],
    ['DP04S007L4S100A', 'jbd'],
    ['JK-B2A20S20P', 'jk-ble'],
    ['JK_PB2A16S15P', 'jk-ble'],
    ['DL-41181201189F', 'daly-d2'],
    ['BP00', 'seplos-v2-ble'],
  ])('%s is a pack of %s and of no other', (name, protocol) => {
    const matching = (Object.keys(BLE_PROFILES) as BleProtocol[]).filter((known) =>
      BLE_PROFILES[known].namePatterns.some((pattern) => pattern.test(name)),
    );
    expect(matching).toEqual([protocol]);
    expect(bleProtocolOfName(name)).toBe(protocol);
  });

  it('know nothing of headphones', () => {
    for (const name of ['', 'Headphones', 'JKX', 'DL-Speaker', 'SPOT'])
      expect(bleProtocolOfName(name)).toBeUndefined();
  });
});
