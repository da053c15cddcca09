import type { HubConfig } from '../config/config.js';
import { checkpointFrom } from '../crash-point.js';
import { createHub } from '../hub.js';
import type { CliContext } from './program.js';

/** Starts the hub, says where it is, and stays until a signal; a second signal ends it at once. */
export async function runCommand(
  context: CliContext,
  config: HubConfig,
  options: { json?: boolean },
): Promise<void> {
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  const checkpoint = checkpointFrom(context.env.VOLTBAY_CRASH_AT);
  const hub = createHub(config, { onFatal: fail, ...(checkpoint ? { checkpoint } : {}) });
  const signalled = new Promise<void>((resolve) => {
    let count = 0;
    const onSignal = () => {
      count += 1;
      if (count > 1) process.exit(1);
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
  const { apiUrl, mqttUrl } = await hub.start();
  if (options.json) context.out(JSON.stringify({ ready: true, apiUrl, mqttUrl, pid: process.pid }));
  else {
    context.out(`Voltbay hub is up`);
    context.out(`  API    ${apiUrl}   (documentation ${apiUrl}/docs/)`);
    context.out(`  MQTT   ${mqttUrl}`);
    context.out(`  admin  ${apiUrl}/admin/`);
    context.out(`  app    ${apiUrl}/app/`);
    context.out(`Ctrl-C stops it.`);
  }
  try {
    await Promise.race([signalled, failed]);
  } finally {
    await hub.stop();
  }
}
