import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { BindingInterface } from '@serialport/bindings-cpp';
import { createRepairedBinding } from './repaired-binding.js';

/** A serial port that the machine shows. Ptys are never listed: they are named in the configuration. */
export type ListedPort = {
  path: string;
  /** Name that survives replugging, when the system makes one. */
  stablePath?: string;
  manufacturer?: string;
  serialNumber?: string;
  vendorId?: string;
  productId?: string;
};

const DEVICE_NAMES = /^(ttyUSB|ttyACM|ttyAMA|ttySC|ttymxc|rfcomm|cu\.)/;

/**
 * Serial ports of this machine. serialport asks `udevadm`, which containers and small images lack; then /dev is read directly.
 * @param devDir for tests
 */
export async function listSerialPorts(
  binding: Pick<BindingInterface, 'list'> = createRepairedBinding(),
  devDir = '/dev',
): Promise<ListedPort[]> {
  const stable = await stableNames(devDir);
  try {
    const listed = await binding.list();
    return listed.map(({ path, manufacturer, serialNumber, vendorId, productId }) =>
      present({ path, stablePath: stable.get(path), manufacturer, serialNumber, vendorId, productId }),
    );
  } catch {
    const names = await readdir(devDir).catch(() => []);
    const paths = names.filter((name) => DEVICE_NAMES.test(name)).map((name) => join(devDir, name));
    const all = new Set([...paths, ...stable.keys()]);
    return [...all].sort().map((path) => present({ path, stablePath: stable.get(path) }));
  }
}

/** Device path → name under serial/by-id. */
async function stableNames(devDir: string): Promise<Map<string, string>> {
  const dir = join(devDir, 'serial', 'by-id');
  const names = await readdir(dir).catch(() => []);
  const pairs = await Promise.all(
    names.map(async (name): Promise<[string, string] | null> => {
      const link = join(dir, name);
      const target = await realpath(link).catch(() => null);
      return target ? [target, link] : null;
    }),
  );
  return new Map(pairs.filter((pair) => pair !== null));
}

function present(port: ListedPort): ListedPort {
  const known = Object.entries(port).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(known) as ListedPort;
}
