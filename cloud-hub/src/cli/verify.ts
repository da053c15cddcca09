import type { Command } from 'commander';
import { createAuditLog } from '../audit/audit-log.js';
import { systemClock } from '../clock.js';
import { HubError } from '../errors.js';
import { createLogger } from '../logger.js';
import { tenantIds } from '../system/tenants.js';
import type { Difference } from '../verify/difference.js';
import { type CustodyReport, verifyCustody } from '../verify/verify-custody.js';
import { type TenantReport, verifyTenant } from '../verify/verify-tenant.js';
import { createWallets } from '../wallets/wallets.js';
import { withIdentity } from './open.js';
import { type CliContext, configFor } from './program.js';

type Options = { json?: boolean; tenant?: string };
const SHOWN = 20;

/** `verify` and `custody verify`: exit code 1 when something does not agree. */
export function verifyCommands(
  program: Command,
  context: CliContext,
  withStore: (command: Command) => Command,
): void {
  withStore(
    program
      .command('verify')
      .description('hold orders, money, custody, figures and the audit chain against one another')
      .option('--tenant <id>', 'only this tenant'),
  ).action((options: Options) => {
    const config = configFor(context, options);
    return withIdentity(config, async ({ database, identity }) => {
      const audit = createAuditLog({
        database,
        vault: identity.vault,
        clock: systemClock,
        logger: createLogger({ level: 'warn' }),
      });
      const wallets = createWallets({ database, clock: systemClock });
      await wallets.openBooks();
      await wallets.recover();
      const reports: TenantReport[] = [];
      for (const tenantId of options.tenant ? [options.tenant] : await tenantIds(database, config.tenantId))
        reports.push(await verifyTenant({ database, audit, tenantId, timeZone: config.timeZone }));
      if (options.json) context.out(JSON.stringify({ ok: reports.every(({ ok }) => ok), tenants: reports }));
      else for (const report of reports) show(context, report);
      const bad = reports.find(({ ok }) => !ok);
      if (bad) throw new HubError('NOT_IN_AGREEMENT', `tenant ${bad.tenantId} does not add up`);
    });
  });
  const custody = program.command('custody').description('who holds which pack');
  withStore(
    custody
      .command('verify')
      .description('hold packs, handovers and orders against one another')
      .option('--tenant <id>', 'tenant to verify (VOLTBAY_TENANT)'),
  ).action((options: Options) => {
    const config = configFor(context, options);
    return withIdentity(config, async ({ database }) => {
      const report = await verifyCustody(database, options.tenant ?? config.tenantId);
      if (options.json) context.out(JSON.stringify(report));
      else showCustody(context, report);
      if (!report.ok)
        throw new HubError('CUSTODY_DIFFERS', `${report.differenceCount} differences in the custody ledger`);
    });
  });
}

function show(context: CliContext, report: TenantReport): void {
  const { orders, ledger, figures, audit } = report;
  const yuan = (fen: number) => (fen / 100).toFixed(2);
  context.out(`tenant ${report.tenantId}: ${report.ok ? 'everything agrees' : 'DOES NOT AGREE'}`);
  context.out(`  orders   ${orders.orders} (${orders.open} open), ${orders.charged} charged`);
  list(context, orders.differences, orders.differenceCount);
  context.out(
    `  ledger   ${ledger.entries} entries, ${ledger.wallets} wallets, ${ledger.charges} charges; sum of all lines ${ledger.sumFen} fen`,
  );
  list(
    context,
    ledger.differences.map(({ code, subject, expectedFen, actualFen }) => ({
      code,
      subject,
      expected: `${expectedFen} fen`,
      actual: `${actualFen} fen`,
    })),
    ledger.differences.length,
  );
  showCustody(context, report.custody);
  context.out(
    `  figures  ${figures.hours} hours, ${figures.days} days (${figures.waiting} hours are still to be rolled up); net ${yuan(figures.netFen)}, by the ledger ${yuan(figures.ledgerNetFen)}`,
  );
  list(context, figures.differences, figures.differenceCount);
  context.out(`  audit    ${audit.entries} entries${audit.ok ? ', whole' : ''}`);
  if (!audit.ok) context.out(`    DIFFERENCE  entry ${audit.seq}: ${audit.problem}`);
}

function showCustody(context: CliContext, report: CustodyReport): void {
  context.out(
    `  custody  ${report.packs} packs, ${report.events} handovers (${report.waiting} still to be made), ${report.warningCount} odd`,
  );
  list(context, report.differences, report.differenceCount);
  list(context, report.warnings, report.warningCount, 'odd');
}

function list(context: CliContext, found: readonly Difference[], count: number, word = 'DIFFERENCE'): void {
  for (const { code, subject, expected, actual } of found.slice(0, SHOWN))
    context.out(`    ${word}  ${code}  ${subject}: expected ${expected}, found ${actual}`);
  if (count > SHOWN) context.out(`    … and ${count - SHOWN} more`);
}
