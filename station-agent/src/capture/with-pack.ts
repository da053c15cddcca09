import type { ReaderResult } from '../drivers/driver.js';
import type { Channel } from '../drivers/exchange.js';
import { createBleMedium } from '../polling/ble-medium.js';
import { createSerialChannel } from '../polling/serial-channel.js';
import { createBleAdapter } from '../transports/ble/ble-adapter.js';
import { createBleLinks } from '../transports/ble/ble-links.js';
import { loadNoble } from '../transports/ble/noble-api.js';
import type { PackTarget } from './pack-target.js';
import { type LinkDeps, untilTrue, withLink } from './with-link.js';

const BLE_READY_MS = 12_000;
const BLE_LIMITS = { maxLinks: 1, idleDisconnectMs: 1_000, findMs: 10_000 };

/** Opens the way to a pack for the time of `use`. @throws SerialPortError, or Error naming why Bluetooth is not usable */
export async function withPack(
  target: PackTarget,
  deps: LinkDeps,
  signal: AbortSignal,
  use: (channel: Channel) => Promise<ReaderResult>,
): Promise<ReaderResult> {
  if (target.transport === 'serial')
    return withLink(target, deps, async (link) => {
      const channel = createSerialChannel(link, deps.clock);
      try {
        return await use({ exchange: (exchange) => channel.exchange(exchange, signal) });
      } finally {
        channel.close();
      }
    });
  const adapter = createBleAdapter({ load: loadNoble, log: deps.log });
  const links = createBleLinks(adapter, BLE_LIMITS, deps.clock);
  adapter.start();
  try {
    const { address, name, driver } = target;
    await untilTrue(() => !['off', 'starting'].includes(adapter.condition().state), BLE_READY_MS, signal);
    const { state, detail } = adapter.condition();
    if (state !== 'ready') throw new Error(detail ?? `Bluetooth: ${state}`);
    const identity = { address, name };
    const medium = createBleMedium({ slot: 0, driver, identity, adapter, links, clock: deps.clock });
    return await medium.use({}, signal, use);
  } finally {
    await links.close();
    adapter.stop();
  }
}

/** A fresh reader of the target's driver. */
export function readerOf(target: PackTarget) {
  const { driver } = target;
  return driver.transport === 'ble'
    ? driver.createReader()
    : driver.createReader(
        target.transport === 'serial' && target.address !== undefined ? { address: target.address } : {},
      );
}
