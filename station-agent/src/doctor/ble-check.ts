import { untilTrue } from '../capture/with-link.js';
import type { HardwareLog } from '../hardware/deps.js';
import { createBleAdapter } from '../transports/ble/ble-adapter.js';
import type { BleCondition } from '../transports/ble/conditions.js';
import type { LoadNoble } from '../transports/ble/noble-api.js';
import { type CauseCode, type Finding, ok, problem } from './finding.js';

const CAUSE_OF: Readonly<Record<Exclude<BleCondition, 'ready'>, CauseCode>> = {
  off: 'ble-no-adapter',
  starting: 'ble-no-adapter',
  'not-installed': 'ble-not-installed',
  'not-supported': 'ble-not-supported',
  'no-adapter': 'ble-no-adapter',
  unauthorized: 'ble-unauthorized',
  'powered-off': 'ble-powered-off',
  failed: 'ble-failed',
};
/** An adapter that does not say what it is is given up after 10 s. */
const ADAPTER_MS = 12_000;

export function judgeBle(state: string, detail: string | undefined): Finding {
  if (state === 'ready') return ok('bluetooth', 'the adapter is ready');
  const cause = CAUSE_OF[state as Exclude<BleCondition, 'ready'>] ?? 'ble-failed';
  return problem('bluetooth', cause, detail ?? `adapter state: ${state}`);
}

/** Starts the adapter and waits until it is ready or says why not. */
export async function checkBle(load: LoadNoble, log: HardwareLog): Promise<Finding> {
  const adapter = createBleAdapter({ load, log });
  adapter.start();
  try {
    await untilTrue(() => !['off', 'starting'].includes(adapter.condition().state), ADAPTER_MS);
    const { state, detail } = adapter.condition();
    return judgeBle(state, detail);
  } finally {
    adapter.stop();
  }
}
