import type { Command } from 'commander';
import { createAuditLog } from '../audit/audit-log.js';
import { systemClock } from '../clock.js';
import { HubError } from '../errors.js';
import { createLogger } from '../logger.js';
import { withIdentity } from './open.js';
import { type CliContext, configFor } from './program.js';

/** `audit verify`: recomputes the chains; exit code 1 when one is broken. */
export function auditCommands(
  program: Command,
  context: CliContext,
  withStore: (command: Command) => Command,
): void {
  const audit = program.command('audit').description('the append-only record of changes');
  withStore(
    audit
      .command('verify')
      .description('recompute the hash chain of every tenant and name the first entry that does not fit')
      .option('--tenant <id>', 'only this tenant'),
  ).action((options: { json?: boolean; tenant?: string }) =>
    withIdentity(configFor(context, options), async ({ database, identity }) => {
      const log = createAuditLog({
        database,
        vault: identity.vault,
        clock: systemClock,
        logger: createLogger({ level: 'warn' }),
      });
      const tenants = options.tenant ? [options.tenant] : (await log.tenants()).sort();
      const verdicts = [];
      for (const tenant of tenants) verdicts.push(await log.verify(tenant));
      if (options.json)
        context.out(JSON.stringify({ ok: verdicts.every(({ ok }) => ok), tenants: verdicts }));
      else if (verdicts.length === 0) context.out('no entries');
      else
        for (const verdict of verdicts)
          context.out(
            verdict.ok
              ? `${verdict.tenantId}: ${verdict.entries} entries, whole; head ${verdict.head}`
              : `${verdict.tenantId}: BROKEN at entry ${verdict.seq}: ${verdict.problem}`,
          );
      const broken = verdicts.find(({ ok }) => !ok);
      if (broken) throw new HubError('AUDIT_BROKEN', `the audit chain of ${broken.tenantId} is broken`);
    }),
  );
}
