import { Command } from 'commander';
import { SimulatorError } from '../errors.js';
import { RefusedError, signInRider } from '../rider/api.js';
import { swapAtStation, timelineLine } from '../rider/swap-at-station.js';
import { factor } from './numbers.js';

interface RiderFlags {
  api: string;
  control: string;
  station: string;
  vehicle: string;
  phone: string;
  code: string;
  pace: number;
  timeout: number;
  json?: boolean;
}

/** `voltbay-sim rider`: one rider who swaps at a simulated station, as with the app in one hand and a pack in the other. */
export function riderCommand(): Command {
  return new Command('rider')
    .description('let a rider do one swap at a simulated station')
    .requiredOption('--control <url>', 'control API of the station (controlUrl in its JSON line)')
    .option('--api <url>', 'REST address of the hub', 'http://127.0.0.1:8080')
    .option('--station <device>', 'where', '1231')
    .option('--vehicle <id>', 'for which vehicle; its pack is what the rider brings', 'v-demo')
    .option('--phone <number>', 'who', '13800000001')
    .option('--code <code>', 'one-time code', '246810')
    .option('--pace <s>', 'seconds for each movement of the hand', factor, 0.5)
    .option('--timeout <s>', 'seconds until the rider gives up', factor, 120)
    .option('--json', 'print the order and the timeline as JSON')
    .action(async (flags: RiderFlags) => {
      const swap = await swapOf(flags).catch((error: unknown) => {
        if (error instanceof RefusedError)
          throw new SimulatorError('SIM_HUB_REFUSED', `the hub refused: ${error.message}`);
        throw error;
      });
      if (flags.json) process.stdout.write(`${JSON.stringify(swap, null, 2)}\n`);
      else for (const entry of swap.timeline) process.stdout.write(`${timelineLine(entry)}\n`);
      if (swap.order.state !== 'completed')
        throw new SimulatorError('SIM_IMPOSSIBLE', `order ${swap.order.id} ended as ${swap.order.state}`);
    });
}

async function swapOf(flags: RiderFlags) {
  const rider = await signInRider(flags.api, { phone: flags.phone, code: flags.code });
  return swapAtStation(rider, {
    device: flags.station,
    vehicleId: flags.vehicle,
    controlUrl: flags.control,
    key: `rider-${process.pid}-${Date.now()}`,
    timeoutMs: flags.timeout * 1000,
    paceMs: flags.pace * 1000,
  });
}
