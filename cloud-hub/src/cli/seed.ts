import { type Command, InvalidArgumentError } from 'commander';
import { createAuditLog } from '../audit/audit-log.js';
import { systemClock } from '../clock.js';
import { createLogger } from '../logger.js';
import { CITY_PASSWORD, seedCity } from '../seed/seed-city.js';
import { withIdentity } from './open.js';
import { type CliContext, configFor } from './program.js';

type SeedOptions = {
  json?: boolean;
  tenant?: string;
  seed: string;
  scale?: number;
  orders?: number;
  days: number;
  until?: string;
  force?: boolean;
};

const SHOW_EVERY_MS = 1_000;

/** `seed`: a believable demo city. */
export function seedCommands(
  program: Command,
  context: CliContext,
  withStore: (command: Command) => Command,
): void {
  withStore(
    program
      .command('seed')
      .description('write a believable city: stations, packs, riders and months of orders that add up')
      .option('--tenant <id>', 'tenant to write into (VOLTBAY_TENANT)')
      .option('--seed <text>', 'same text, end and tenant: the same city', 'voltbay')
      .option('--scale <factor>', '1 = 30 stations, 400 packs, 2000 riders', number)
      .option('--orders <count>', 'so many orders, up to a million; the city grows with them', wholeNumber)
      .option('--days <count>', 'how far back it goes', wholeNumber, 90)
      .option('--until <time>', 'newest moment of the city, ISO 8601; now by default')
      .option('--force', 'add it to a tenant that has data already'),
  ).action((options: SeedOptions) => {
    const config = configFor(context, options);
    const untilMs = options.until === undefined ? systemClock.now() : Date.parse(options.until);
    if (Number.isNaN(untilMs))
      program.error(`--until: ${options.until} is not an ISO 8601 time`, { exitCode: 2 });
    return withIdentity(
      config,
      async ({ database, identity }) => {
        let shownMs = 0;
        const audit = createAuditLog({
          database,
          clock: systemClock,
          vault: identity.vault,
          logger: createLogger({ level: 'warn' }),
        });
        const report = await seedCity(
          {
            database,
            audit,
            operators: identity.operators,
            credentials: identity.stations,
            timeZone: config.timeZone,
            stationSecret: config.demo?.stationSecret ?? null,
            homeTenantId: config.tenantId,
            progress(phase, done, total) {
              if (options.json || (performance.now() - shownMs < SHOW_EVERY_MS && done > 0)) return;
              shownMs = performance.now();
              context.err(
                total > 1 ? `${phase}: ${done} of ${total} (${Math.floor((done / total) * 100)} %)` : phase,
              );
            },
          },
          {
            seed: options.seed,
            tenantId: options.tenant ?? config.tenantId,
            days: options.days,
            untilMs: Math.floor(untilMs / 60_000) * 60_000,
            ...(options.scale === undefined ? {} : { scale: options.scale }),
            ...(options.orders === undefined ? {} : { orders: options.orders }),
            ...(options.force ? { force: true } : {}),
          },
        );
        if (options.json) {
          context.out(JSON.stringify({ ok: true, ...report }));
          return;
        }
        const { size } = report;
        context.out(
          `tenant ${report.tenantId}: ${size.stations} stations (${report.stations.join(' to ')}), ${size.packs} packs, ${size.riders} riders, ${size.orders} orders of ${size.days} days in ${(report.durationMs / 1_000).toFixed(1)} s`,
        );
        context.out(
          `operators ${report.operators.join(', ')} / ${CITY_PASSWORD}; hold it against the books with: voltbay-hub verify --tenant ${report.tenantId}`,
        );
      },
      { bulk: true },
    );
  });
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('a number is needed');
  return value;
}
function wholeNumber(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('a whole number is needed');
  return value;
}
