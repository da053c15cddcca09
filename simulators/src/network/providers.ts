import { join } from 'node:path';
import { type Child, startChild } from './child.js';

/** The outside services of a network on one machine: payment providers and a push service, as processes of their own. */
export type Providers = {
  /** Page on which payers pay. */
  readonly paymentsUrl: string;
  readonly pushUrl: string;
  /** What the hub must be told. */
  readonly hubEnv: Readonly<Record<string, string>>;
  stop(): Promise<void>;
};

type GatewayReady = { ready: true; url: string; settings: string };
type PushReady = { ready: true; url: string };

export async function startProviders(options: {
  root: string;
  dir: string;
  logs: string;
  onExit: (name: string) => (exit: { code: number | null; signal: NodeJS.Signals | null }) => void;
}): Promise<Providers> {
  const program = join(options.root, 'simulators', 'bin', 'voltbay-sim.mjs');
  const start = <Ready>(name: string, args: readonly string[], log: string): Promise<Child<Ready>> =>
    startChild<Ready>({
      name,
      args: [program, ...args, '--json'],
      cwd: options.root,
      logFile: join(options.logs, log),
      onExit: options.onExit(name),
    });
  const folder = join(options.dir, 'payment-gateway');
  const payments = await start<GatewayReady>(
    'payment gateway',
    ['payment-gateway', '--dir', folder],
    'payment-gateway.log',
  );
  const push = await start<PushReady>('push service', ['push'], 'push.log').catch(async (error: unknown) => {
    await payments.stop();
    throw error;
  });
  return {
    paymentsUrl: payments.ready.url,
    pushUrl: push.ready.url,
    hubEnv: { VOLTBAY_PAYMENTS: payments.ready.settings, VOLTBAY_EXPO_URL: push.ready.url },
    async stop() {
      await push.stop();
      await payments.stop();
    },
  };
}
