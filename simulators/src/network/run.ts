import { join } from 'node:path';
import { ChildFailedError } from './child.js';
import { DEMO } from './demo-accounts.js';
import { type Network, startNetwork } from './network.js';

/**
 * `npm start`: starts the network with its data in `./var` (or `VOLTBAY_VAR`), prints where everything is, stays up until Ctrl-C (or SIGTERM) and
 * then stops all of it. A program that ends by itself brings the others down with a non-zero exit, so that nothing half-alive stays.
 */
export async function runNetwork(options: { root: string; onReady?: () => Promise<void> }): Promise<void> {
  const dir = process.env.VOLTBAY_VAR ?? join(options.root, 'var');
  const print = (line: string) => process.stdout.write(`${line}\n`);
  let network: Network | undefined;
  let stopping = false;
  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    print('\nStopping …');
    await network?.stop();
    print(`Stopped. Data is kept in ${dir}`);
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0));
  try {
    network = await startNetwork({
      root: options.root,
      dir,
      httpPort: Number(process.env.PORT ?? 8080),
      mqttPort: Number(process.env.MQTT_PORT ?? 1883),
      providers: true,
      cuttable: true,
      onStep: (text) => print(`  ${text}`),
      onExit: (name, exit) => {
        print(
          `\nThe ${name} ended by itself (${exit.signal ?? `exit ${exit.code}`}); its log is in ${join(dir, 'logs')}`,
        );
        void stop(1);
      },
    });
  } catch (error) {
    print(`\n${error instanceof ChildFailedError ? error.message : (error as Error).stack}`);
    process.exit(1);
  }
  print(welcome(network));
  await options.onReady?.();
  print('Everything is ready. Press Ctrl-C to stop.');
}

function welcome(network: Network): string {
  const { apiUrl, mqttUrl, controlUrl, providers } = network;
  return `
Voltbay is up.

  admin        ${apiUrl}/admin/     user ${DEMO.operator.username}, password ${DEMO.operator.password} (read only: ${DEMO.viewer.username})
  rider app    ${apiUrl}/app/       phone ${DEMO.rider.phone}, code ${DEMO.rider.code}
  API          ${apiUrl}/docs       OpenAPI at ${apiUrl}/openapi.json
  MQTT         ${mqttUrl}           station ${network.device}
  cabinet      ${controlUrl}/       doors, packs and faults of the simulated station
  payments     ${providers?.paymentsUrl}/       a top-up waits here until it is paid
  push         ${providers?.pushUrl}/control/messages   what phones were sent

The demo accounts exist on this demo network only.
`;
}
