import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { HubError } from '../errors.js';
import { createLedgerBalances } from '../finance/ledger-balances.js';
import { verifyLedger } from '../finance/verify-ledger.js';
import { createWallets } from '../wallets/wallets.js';
import { withIdentity } from './open.js';
import { type CliContext, configFor } from './program.js';

/**
 * `ledger verify`: does every entry balance, and do wallets, charges, payments and the sums of accounts agree with them? Exit code 1
 * when not. `ledger rebuild` makes those sums anew.
 */
export function ledgerCommands(
  program: Command,
  context: CliContext,
  withStore: (command: Command) => Command,
): void {
  const ledger = program.command('ledger').description('the double-entry ledger');
  withStore(
    ledger
      .command('rebuild')
      .description('make the sums of accounts by hour, day, month and year anew, out of the entries')
      .option('--tenant <id>', 'tenant (VOLTBAY_TENANT)'),
  ).action((options: { json?: boolean; tenant?: string }) => {
    const config = configFor(context, options);
    return withIdentity(config, async ({ database }) => {
      const tenantId = options.tenant ?? config.tenantId;
      const entries = await createLedgerBalances({ database, clock: systemClock }).rebuild(tenantId);
      context.out(
        options.json
          ? JSON.stringify({ ok: true, tenantId, entries })
          : `tenant ${tenantId}: ${entries} entries summed up`,
      );
    });
  });
  withStore(
    ledger
      .command('verify')
      .description('hold the ledger against wallets and charges; exit code 1 when they differ')
      .option('--tenant <id>', 'tenant to verify (VOLTBAY_TENANT)'),
  ).action((options: { json?: boolean; tenant?: string }) => {
    const config = configFor(context, options);
    return withIdentity(config, async ({ database }) => {
      const wallets = createWallets({ database, clock: systemClock });
      await wallets.openBooks();
      await wallets.recover();
      const report = await verifyLedger(database, options.tenant ?? config.tenantId);
      if (options.json) context.out(JSON.stringify(report));
      else {
        context.out(
          `tenant ${report.tenantId}: ${report.entries} entries, ${report.wallets} wallets, ${report.charges} charges; the sum of all lines is ${report.sumFen} fen`,
        );
        for (const { kind, amountFen } of report.totals)
          context.out(`  ${kind.padEnd(18)} ${(amountFen / 100).toFixed(2).padStart(14)}`);
        for (const { code, subject, expectedFen, actualFen } of report.differences)
          context.out(`DIFFERENCE  ${code}  ${subject}: expected ${expectedFen} fen, found ${actualFen}`);
      }
      if (!report.ok)
        throw new HubError('LEDGER_DIFFERS', `${report.differences.length} differences in the ledger`);
    });
  });
}
