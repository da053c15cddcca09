import type { CabinetSlotHardware } from '../devices/cabinet/hardware.js';
import { type Charger, createCharger } from '../physics/charger.js';
import { chemistryOf } from '../physics/chemistry.js';
import { type Compartment, createCompartment } from '../physics/compartment.js';
import type { SlotConfig } from './config.js';
import { type StockedPack, specOf } from './pack-stock.js';

/** One slot of the station: its mechanics, its charger, and how a pack in it is reached. */
export interface Bay {
  readonly slot: number;
  readonly config: SlotConfig;
  readonly compartment: Compartment<StockedPack>;
  readonly charger: Charger;
  /** The pack, if it speaks over this slot's wire. */
  wiredPack(): StockedPack | undefined;
  hardware(): CabinetSlotHardware;
}

export function createBay(config: SlotConfig, stocked: StockedPack | undefined): Bay {
  const spec = specOf(config.packClass);
  const compartment = createCompartment<StockedPack>(stocked);
  const charger = createCharger(
    {
      setpointMv: chemistryOf(spec.chemistry).chargeMv * spec.seriesCells,
      maxMa: config.chargerMaxMa,
      cutoffMa: spec.designCapacityMah / 20,
      efficiency: 0.93,
    },
    stocked ? config.chargeLimitMa : 0,
  );
  const language = 'address' in config.interface ? 'rs485' : 'uart';

  return {
    slot: config.slot,
    config,
    compartment,
    charger,
    wiredPack() {
      const here = compartment.pack();
      return here?.pack.spec.languages.includes(language) ? here : undefined;
    },
    hardware: () => ({
      sensors: compartment.sensors,
      releaseLock: compartment.release,
      engageLock: compartment.engage,
      charger,
    }),
  };
}
