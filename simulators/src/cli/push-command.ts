import { Command } from 'commander';
import { startPushService } from '../push/push-service.js';
import { wholeNumber } from './numbers.js';
import { untilSignal } from './until-signal.js';

/** `voltbay-sim push`: a push service that speaks as Expo's does, until a signal comes. */
export function pushCommand(): Command {
  return new Command('push')
    .description('run a local push service (Expo-shaped: tickets, receipts, DeviceNotRegistered, outages)')
    .option('--port <n>', 'port on 127.0.0.1, 0 = any', wholeNumber, 0)
    .option('--json', 'print one JSON line when ready')
    .action(async (flags: { port: number; json?: boolean }) => {
      const service = await startPushService({ port: flags.port });
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ ready: true, url: service.url, pid: process.pid })}\n`
          : `${[
              `push service is up on ${service.url}; Ctrl-C stops it`,
              `start the hub with VOLTBAY_EXPO_URL=${service.url}`,
              `what was sent:   curl ${service.url}/control/messages`,
              `an outage:       curl -d '{"outage":503}' ${service.url}/control`,
            ].join('\n')}\n`,
      );
      await untilSignal();
      await service.close();
    });
}
