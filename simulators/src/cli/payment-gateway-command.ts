import { Command, InvalidArgumentError } from 'commander';
import { startPaymentGateway } from '../payment-gateway/gateway.js';

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('must be a port, 0 = any');
  return Number(text);
}

/** `voltbay-sim payment-gateway`: an Alipay-like and a WeChat-Pay-like provider until a signal comes. */
export function paymentGatewayCommand(): Command {
  return new Command('payment-gateway')
    .description('run two local payment providers (Alipay-like, WeChat-Pay-like) with real signatures')
    .option(
      '--dir <folder>',
      'folder of keys and of payments.json, made on the first start',
      'var/payment-gateway',
    )
    .option('--port <n>', 'port on 127.0.0.1, 0 = any', port, 0)
    .option('--json', 'print one JSON line when ready')
    .action(async (flags: { dir: string; port: number; json?: boolean }) => {
      const gateway = await startPaymentGateway({ directory: flags.dir, port: flags.port });
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ ready: true, url: gateway.url, settings: gateway.settingsFile, pid: process.pid })}\n`
          : `${[
              `payment gateway is up on ${gateway.url}; Ctrl-C stops it`,
              `start the hub with VOLTBAY_PAYMENTS=${gateway.settingsFile}`,
              `a rider pays:  curl -d '{"provider":"alipay","tradeNo":"…"}' ${gateway.url}/control/pay`,
              `trades:        curl ${gateway.url}/control/trades`,
            ].join('\n')}\n`,
      );
      await new Promise<void>((resolve) => {
        process.once('SIGINT', () => resolve());
        process.once('SIGTERM', () => resolve());
      });
      await gateway.close();
    });
}
