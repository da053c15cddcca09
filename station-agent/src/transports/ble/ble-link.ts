import type { BleSession } from './ble-adapter.js';
import type { GattProfile } from './gatt-profile.js';
import type { NobleCharacteristic, NoblePeripheral } from './noble-api.js';
import { BleError, bounded, type RaceOptions } from './race.js';

/** An open connection with notifications on. A new one is made, with new discovery, after each loss. */
export type BleLink = {
  /** Aborts when the connection is gone, for whatever reason. */
  closed: AbortSignal;
  /** @throws BleError */
  write(bytes: Uint8Array): Promise<void>;
  onData(listener: (chunk: Uint8Array) => void): () => void;
  close(): Promise<void>;
};

export type BleTimeouts = { connectMs: number; discoverMs: number; writeMs: number; settleMs: number };

export const BLE_TIMEOUTS: BleTimeouts = {
  connectMs: 5_000,
  discoverMs: 8_000,
  writeMs: 3_000,
  settleMs: 1_500,
};

/** noble gives no MTU right after connecting; this much always fits. */
const SMALLEST_MTU = 23;
const ATT_HEADER = 3;

/**
 * Connects. noble has one connect queue and no timeout, so this must be called one at a time; a connect that hangs is cancelled, and the
 * adapter's word for it is awaited, or the next connect would get it.
 * @throws BleError
 */
export async function connectPeripheral(
  { noble, lost }: BleSession,
  peripheral: NoblePeripheral,
  timeouts: BleTimeouts,
  signal: AbortSignal,
): Promise<AbortController> {
  // What an earlier connection left waiting would take this one's answers.
  peripheral.removeAllListeners();
  if (peripheral.state === 'connected') {
    // A link that nobody holds any more would keep the device from being connected to.
    const ends = [{ signal: lost, code: 'ADAPTER_LOST' as const }];
    await bounded<void>({ what: 'closing an old link', timeoutMs: timeouts.settleMs, ends }, (settle) => {
      peripheral.once('disconnect', () => settle(null));
      peripheral.disconnect();
    }).catch(() => undefined);
    peripheral.removeAllListeners();
  }
  // A peripheral that noble still takes for connected refuses to connect.
  if (peripheral.state !== 'disconnected') peripheral.state = 'disconnected';
  const what = `connecting to ${peripheral.address}`;
  let onConnect: ((error?: unknown) => void) | undefined;
  try {
    await bounded<void>(
      {
        what,
        timeoutMs: timeouts.connectMs,
        ends: [
          { signal: lost, code: 'ADAPTER_LOST' },
          { signal, code: 'CANCELLED' },
        ],
      },
      (settle) => {
        onConnect = (error) => settle(error);
        peripheral.once('connect', onConnect);
        peripheral.connect();
      },
    );
  } catch (error) {
    if (onConnect) peripheral.removeListener('connect', onConnect);
    if (!lost.aborted && stateOf(peripheral) === 'connecting')
      await cancelConnect(noble._bindings, lost, peripheral, timeouts.settleMs);
    throw error;
  }
  const ended = new AbortController();
  peripheral.once('disconnect', () => ended.abort());
  lost.addEventListener('abort', () => ended.abort(), { once: true, signal: ended.signal });
  return ended;
}

/** noble changes the state behind the compiler's back. */
function stateOf(peripheral: NoblePeripheral): NoblePeripheral['state'] {
  return peripheral.state;
}

/** Cancels, and waits until the adapter has confirmed it. @throws BleError TIMEOUT when it never does: the adapter hangs. */
async function cancelConnect(
  bindings: NodeJS.EventEmitter | undefined,
  lost: AbortSignal,
  peripheral: NoblePeripheral,
  timeoutMs: number,
): Promise<void> {
  let onDone: (() => void) | undefined;
  try {
    await bounded<void>(
      {
        what: 'cancelling a connect',
        timeoutMs,
        ends: [{ signal: lost, code: 'ADAPTER_LOST' }],
      },
      (settle) => {
        onDone = () => settle(null);
        bindings?.once('connect', onDone);
        peripheral.cancelConnect();
      },
    );
  } catch (error) {
    if (error instanceof BleError && error.code === 'TIMEOUT')
      throw new BleError('ADAPTER_LOST', 'the adapter does not end a connect', { cause: error });
    throw error;
  } finally {
    if (onDone) bindings?.removeListener('connect', onDone);
  }
  // The connection may have come about in the same moment.
  if (peripheral.state === 'connected') peripheral.disconnect();
}

/** Finds the characteristics and switches notifications on. The connection is closed when that fails. @throws BleError */
export async function openBleLink(
  peripheral: NoblePeripheral,
  gatt: GattProfile,
  ended: AbortController,
  timeouts: BleTimeouts,
): Promise<BleLink> {
  const listeners = new Set<(chunk: Uint8Array) => void>();
  const race = (what: string, timeoutMs: number): RaceOptions => ({
    what: `${what} of ${peripheral.address}`,
    timeoutMs,
    ends: [{ signal: ended.signal, code: 'DISCONNECTED' }],
  });

  async function close(): Promise<void> {
    if (ended.signal.aborted) return;
    try {
      await bounded<void>(race('closing the link', timeouts.settleMs), () => peripheral.disconnect());
    } catch {
      // Either it is closed now, or the adapter did not say so in time; it is not used again in both cases.
      ended.abort();
    }
  }

  try {
    const uuids = [...new Set([gatt.notify, gatt.write])];
    const found = await bounded<NobleCharacteristic[]>(
      race('discovering services', timeouts.discoverMs),
      (settle) =>
        peripheral.discoverSomeServicesAndCharacteristics([gatt.service], uuids, (error, _services, list) =>
          settle(error, list ?? []),
        ),
    );
    // Some modules offer the same UUID twice, one characteristic to notify and one to write.
    const notify = found.find((one) => one.uuid === gatt.notify && one.properties.includes('notify'));
    const write = found.find(
      (one) => one.uuid === gatt.write && one.properties.some((property) => property.startsWith('write')),
    );
    if (!notify || !write)
      throw new BleError(
        'NO_SERVICE',
        `${peripheral.address} lacks characteristic ${gatt.notify} or ${gatt.write}`,
      );
    notify.on('data', (chunk: Buffer) => {
      if (!ended.signal.aborted) for (const listener of listeners) listener(chunk);
    });
    await bounded<void>(race('subscribing', timeouts.discoverMs), (settle) => notify.subscribe(settle));
    const withoutResponse = write.properties.includes('writeWithoutResponse');
    return {
      closed: ended.signal,
      close,
      onData(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      async write(bytes) {
        const size = Math.max(SMALLEST_MTU, peripheral.mtu ?? SMALLEST_MTU) - ATT_HEADER;
        for (let at = 0; at < bytes.length; at += size) {
          const part = Buffer.from(bytes.subarray(at, at + size));
          await bounded<void>(race('writing', timeouts.writeMs), (settle) =>
            write.write(part, withoutResponse, settle),
          );
        }
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
