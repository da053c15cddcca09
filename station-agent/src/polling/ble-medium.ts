import type { BlePackDriver } from '../drivers/driver.js';
import type { Channel, ExchangeFailure } from '../drivers/exchange.js';
import type { HardwareClock } from '../hardware/deps.js';
import type { BleAdapter } from '../transports/ble/ble-adapter.js';
import type { BleLink } from '../transports/ble/ble-link.js';
import type { BleLinks } from '../transports/ble/ble-links.js';
import type { Sighting } from '../transports/ble/ble-scanner.js';
import { BleError } from '../transports/ble/race.js';
import type { Medium, PackHint } from './medium.js';
import { runExchange } from './run-exchange.js';

/** Connection intervals, a busy adapter and modules that wake up make BLE slower than a wire. */
const ANSWER_WITHIN_MS = 1_500;
const GAP_MS = 800;

/** Which device is meant when the configuration says it; otherwise the pack's tag says. */
export type BleIdentity = { address?: string; name?: string };

/** One BLE pack as the way to itself. */
export function createBleMedium(options: {
  slot: number;
  driver: BlePackDriver;
  identity: BleIdentity;
  adapter: BleAdapter;
  links: BleLinks;
  clock: HardwareClock;
}): Medium {
  const { slot, driver, identity, adapter, links, clock } = options;
  const key = `slot-${slot}`;
  return {
    port: 'ble',
    transport: 'ble',
    isUp: () => adapter.session() !== null,
    onState: adapter.onState,
    forget: () => links.drop(key),
    reconnects: adapter.restarts,
    async use(hint, signal, read) {
      const wanted = wantedDevice(identity, hint);
      if (!wanted)
        return {
          ok: false,
          reason: 'silent',
          detail: `which BLE pack stands in slot ${slot} is not known: it has no readable tag; set pack.address or pack.name`,
        };
      const target = {
        key,
        what: wanted.what,
        gatt: driver.gatt,
        fits: wanted.fits,
      };
      try {
        return await links.use(target, signal, (link) => read(channelOver(link, clock, signal)));
      } catch (error) {
        if (error instanceof BleError) return toFailure(error);
        throw error;
      }
    },
  };
}

type Wanted = { what: string; fits(seen: Sighting): boolean };

/** A pack is found by its configured address or name, else by its tag, which it advertises as its name or inside its maker's data. */
export function wantedDevice({ address, name }: BleIdentity, { tag }: PackHint): Wanted | null {
  if (address) {
    const wanted = address.toLowerCase();
    return { what: `BLE device ${address}`, fits: (seen) => seen.address.toLowerCase() === wanted };
  }
  const label = (name ?? tag)?.trim().toLowerCase();
  if (!label) return null;
  return {
    what: `BLE pack ${name ?? tag}`,
    fits: ({ advertisement }) => {
      if (advertisement.name?.trim().toLowerCase() === label) return true;
      const data = advertisement.manufacturerData;
      return data !== undefined && Buffer.from(data).toString('latin1').toLowerCase().includes(label);
    },
  };
}

function channelOver(link: BleLink, clock: HardwareClock, signal: AbortSignal): Channel {
  return {
    exchange: (exchange) =>
      runExchange(exchange, {
        write: link.write,
        onData: (listener) => link.onData((chunk) => listener(chunk, clock.monotonicMs())),
        onLost(listener) {
          const onClosed = (): void => listener('the BLE link broke off');
          if (link.closed.aborted) onClosed();
          link.closed.addEventListener('abort', onClosed);
          return () => link.closed.removeEventListener('abort', onClosed);
        },
        onCancel(listener) {
          if (signal.aborted) listener();
          signal.addEventListener('abort', listener);
          return () => signal.removeEventListener('abort', listener);
        },
        requestMs: 0,
        answerMs: 2_000,
        answerWithinMs: ANSWER_WITHIN_MS,
        gapMs: GAP_MS,
        nowMs: clock.monotonicMs,
      }),
  };
}

/** A pack that is not heard is silent, like one on a wire; only the adapter's absence is a lost link. */
function toFailure({ code, message }: BleError): ExchangeFailure {
  if (code === 'ADAPTER_LOST') return { ok: false, reason: 'link-down', detail: message };
  if (code === 'CANCELLED') return { ok: false, reason: 'cancelled', detail: message };
  if (code === 'NO_SERVICE') return { ok: false, reason: 'bad-frame', detail: message };
  return { ok: false, reason: 'silent', detail: message };
}
