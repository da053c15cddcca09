import { describe, expect, it } from 'vitest';
import { createRegistry, DRIVERS } from './registry.js';

describe('the driver registry', () => {
  it('has every driver under its own id', () => {
    const registry = createRegistry();
    expect(registry.pack('pylontech-rs485')?.transport).toBe('serial');
    expect(registry.pack('jbd-ble')?.transport).toBe('ble');
    expect(registry.cabinet('cabinet-v1')?.kind).toBe('cabinet');
    expect(registry.pack('cabinet-v1')).toBeUndefined();
  });

  it('fails loudly when two drivers share an id', () => {
    const [first] = DRIVERS;
    if (!first) throw new Error('no drivers');
    expect(() => createRegistry([first, { ...first, title: 'another' }])).toThrow(
      /"cabinet-v1" is used by .* and "another"/,
    );
  });
});
