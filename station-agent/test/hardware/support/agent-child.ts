/**
 * Hardware in a process of its own: noble's preload must be there before the process starts. Speaks JSON lines: readings and events on
 * stdout, `{call, id, args}` on stdin.
 */
import { createInterface } from 'node:readline';
import { createStationScan } from '../../../src/discovery/station-scan.js';
import { hardwareConfigSchema } from '../../../src/hardware/config.js';
import { createHardware } from '../../../src/hardware/create-hardware.js';
import { quietLog, realClock } from './bench.js';

const { hardware: section, polling } = JSON.parse(process.env.HARDWARE_UNDER_TEST ?? '{}');
const tell = (message: object): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};
const hardware = createHardware(hardwareConfigSchema.parse(section), {
  clock: realClock,
  log: quietLog,
  polling,
});
hardware.packs.onReading((reading) => tell({ reading }));
hardware.cabinet.onEvent((event) => tell({ event }));

const CALLS: Record<string, (args: { slot: number; timeoutMs?: number }) => unknown> = {
  stats: () => hardware.packs.stats(),
  readNow: ({ slot, timeoutMs }) => hardware.packs.readNow(slot, { timeoutMs }),
  // Not beside a running hardware: a virtual adapter has one host.
  scan: () =>
    createStationScan({ clock: realClock, log: quietLog }).ble({
      durationMs: 1_500,
      signal: new AbortController().signal,
    }),
  latest: ({ slot }) => hardware.packs.latest(slot),
  async stop() {
    await hardware.stop();
    // Nothing may be left that keeps the process alive.
    setImmediate(() => process.stdin.destroy());
  },
};

createInterface(process.stdin).on('line', async (line) => {
  const { call, id, args } = JSON.parse(line);
  tell({ id, result: (await CALLS[call]?.(args)) ?? null });
});
if (!process.env.SCAN_ONLY) await hardware.start();
tell({ started: true });
