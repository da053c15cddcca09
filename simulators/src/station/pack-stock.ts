import { noWireFaults, type WireFaults } from '../devices/device.js';
import { SimulatorError } from '../errors.js';
import { createPack, type Pack, type PackMemory } from '../physics/pack.js';
import { builtInPackSpecs, type PackMake, type PackSpec } from '../physics/pack-spec.js';
import type { Random } from '../random.js';
import { type PackConfig, packConfigSchema } from './config.js';

/** A pack with the faults that its electronics have. */
export interface StockedPack {
  readonly serial: string;
  readonly pack: Pack;
  readonly make: PackMake;
  readonly faults: WireFaults;
}

/** All packs of the little world around one station, in slots or carried by riders. */
export interface PackStock {
  add(config: PackConfig, memory?: PackMemory): StockedPack;
  get(serial: string): StockedPack | undefined;
  /** Throws SIM_NO_PACK for an unknown serial. */
  require(serial: string): StockedPack;
  all(): readonly StockedPack[];
}

/** The model of a class, with another capacity where one is wanted. */
export function specOf(packClass: string, capacityMah?: number): PackSpec {
  const spec = builtInPackSpecs().find((candidate) => candidate.packClass === packClass);
  if (!spec) throw new SimulatorError('SIM_CONFIG', `unknown pack class ${packClass}`);
  return capacityMah === undefined ? spec : { ...spec, designCapacityMah: capacityMah };
}

export function createPackStock(random: Random): PackStock {
  const packs = new Map<string, StockedPack>();

  return {
    add(input, memory) {
      const config = packConfigSchema.parse(input);
      if (packs.has(config.serial)) {
        throw new SimulatorError('SIM_CONFIG', `pack ${config.serial} exists already`);
      }
      const pack = createPack({
        serial: config.serial,
        spec: specOf(config.packClass, config.capacityMah),
        random: random.fork(config.serial),
        soc: config.socPct / 100,
        sohPct: config.sohPct,
        cycles: config.cycles,
        temperatureC: config.temperatureC,
        memory,
      });
      const stocked = { serial: config.serial, pack, make: config.make, faults: noWireFaults() };
      packs.set(config.serial, stocked);
      return stocked;
    },
    get: (serial) => packs.get(serial),
    require(serial) {
      const stocked = packs.get(serial);
      if (stocked) return stocked;
      const known = [...packs.keys()].join(', ');
      throw new SimulatorError('SIM_NO_PACK', `no pack ${serial}; there are ${known || 'none'}`);
    },
    all: () => [...packs.values()],
  };
}
