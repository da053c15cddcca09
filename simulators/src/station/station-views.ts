import type { LedColour } from '../devices/cabinet/hardware.js';
import type { Bay } from './bay.js';
import type { StockedPack } from './pack-stock.js';
import type { PackState, SlotState } from './station-state.js';

/** How packs and slots look to GET /state. */
export interface StationViews {
  pack(stocked: StockedPack): PackState;
  slot(bay: Bay): SlotState;
}

export function createStationViews(deps: {
  slotOf(serial: string): number | undefined;
  leds(): readonly LedColour[];
  vanished(serial: string): boolean;
}): StationViews {
  const { slotOf, leds, vanished } = deps;

  const packState = ({ serial, pack, faults }: StockedPack): PackState => {
    const s = pack.snapshot();
    const active = Object.entries(faults).filter(([, value]) => value !== false && value !== 0);
    return {
      serial,
      packClass: s.packClass,
      model: s.model,
      slot: slotOf(serial) ?? null,
      socPct: Math.round(s.socPct * 10) / 10,
      sohPct: Math.round(s.sohPct * 10) / 10,
      voltageMv: s.voltageMv,
      currentMa: s.currentMa,
      temperatureDeciC: Math.round(pack.temperatureC() * 10),
      cycles: s.cycles,
      protections: [...s.protections],
      faults: [...active.map(([name]) => name), ...(vanished(serial) ? ['vanished'] : [])],
    };
  };

  const slotState = (b: Bay): SlotState => {
    const sensors = b.compartment.sensors();
    const here = b.compartment.pack();
    const wire = b.config.interface;
    return {
      slot: b.slot,
      packClass: b.config.packClass,
      interface: wire.kind,
      port: 'port' in wire ? wire.port : null,
      address: 'address' in wire ? wire.address : null,
      doorOpen: b.compartment.doorOpen(),
      latched: b.compartment.latched(),
      jammed: b.compartment.jammed(),
      sensors: { door: sensors.door, lock: sensors.lock, pack: sensors.presence, tag: sensors.tag ?? null },
      charger: {
        state: b.charger.state(),
        limitMa: b.charger.limitMa(),
        outputMa: b.charger.outputMa(),
        outputMv: b.charger.outputMv(),
      },
      led: leds()[b.slot - 1] ?? 'off',
      pack: here ? packState(here) : null,
    };
  };

  return { pack: packState, slot: slotState };
}
