import { createAsciiBus } from '../devices/ascii-bus/bus.js';
import type { SerialDevice } from '../devices/device.js';
import { createJbdSerialDevice } from '../devices/jbd/jbd-device.js';
import { paceDialect } from '../devices/pace/dialect.js';
import { pylontechDialect } from '../devices/pylontech/dialect.js';
import { seplosDialect } from '../devices/seplos/dialect.js';
import { SimulatorError } from '../errors.js';
import type { Random } from '../random.js';
import type { Bay } from './bay.js';

const DIALECTS = {
  pylontech: pylontechDialect,
  'seplos-v2': seplosDialect,
  'pace-v25': paceDialect,
} as const;

/** What hangs on one pack port: the slots' packs, in the dialect of that line. */
export function createLineDevice(options: {
  name: string;
  bays: readonly Bay[];
  random: Random;
  echo(): boolean;
}): SerialDevice {
  const { name, bays, echo } = options;
  const random = options.random.fork(name);
  const byAddress = new Map<number, Bay>();
  let dialect: (typeof DIALECTS)[keyof typeof DIALECTS] | undefined;
  for (const bay of bays) {
    const wire = bay.config.interface;
    if (!('port' in wire) || wire.port !== name) continue;
    if (wire.kind === 'jbd-serial') return createJbdSerialDevice({ pack: () => bay.wiredPack(), random });
    dialect = DIALECTS[wire.kind];
    byAddress.set(wire.address, bay);
  }
  if (!dialect) throw new SimulatorError('SIM_CONFIG', `no slot is on port ${name}`);
  return createAsciiBus({
    dialect,
    packAt: (address) => byAddress.get(address)?.wiredPack(),
    addresses: [...byAddress.keys()].sort((a, b) => a - b),
    random,
    echo,
  });
}
