import type { HardwareClock, HardwareLog } from '../hardware/deps.js';
import { createRepairedBinding } from '../transports/serial/repaired-binding.js';
import { SerialPortError } from '../transports/serial/serial-error.js';
import { createSerialLink, type SerialLink } from '../transports/serial/serial-link.js';

export type LinkDeps = { clock: HardwareClock; log: HardwareLog };
export type LinkSettings = { path: string; baudRate: number };

const OPEN_MS = 3_000;
const LOOK_MS = 20;

/** Opens a port for the time of `use`, and closes it whatever happens. @throws SerialPortError naming path, cause and fix */
export async function withLink<T>(
  settings: LinkSettings,
  deps: LinkDeps,
  use: (link: SerialLink) => Promise<T>,
): Promise<T> {
  const link = createSerialLink(settings, { binding: createRepairedBinding(), ...deps });
  link.start();
  try {
    await untilTrue(() => link.isUp() || link.lastError() !== null, OPEN_MS);
    const error = link.lastError();
    if (!link.isUp())
      throw (
        error ??
        new SerialPortError(
          'PORT_FAILED',
          settings.path,
          `${settings.path} did not open within ${OPEN_MS} ms`,
        )
      );
    return await use(link);
  } finally {
    await link.stop();
  }
}

/** Waits for a condition; false when the time was up or the signal came first. */
export async function untilTrue(
  condition: () => boolean,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  while (!condition()) {
    if (signal?.aborted || performance.now() >= endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}
