import type { Command } from 'commander';
import { backUp, restore, verifyBackup } from '../backup/backup.js';
import { isoNow, systemClock } from '../clock.js';
import { allCollections } from '../collections.js';
import type { HubConfig } from '../config/config.js';
import { type Database, ensureCollections, openStore } from '../db/index.js';
import { type Migration, migrate, planMigration } from '../db/migrations.js';
import { HubError } from '../errors.js';
import { createLogger } from '../logger.js';
import { createRegions } from '../system/regions.js';
import { hubVersion } from '../version.js';
import { createWallets } from '../wallets/wallets.js';
import { type CliContext, configFor } from './program.js';

/** Changes of what is stored, oldest first. A hub that starts makes sure of the same by itself. */
export const migrationsOf = (database: Database): Migration[] => [
  {
    version: 1,
    name: 'wallets from before the ledger get their opening entry',
    run: async () => void (await createWallets({ database, clock: systemClock }).openBooks()),
  },
  {
    version: 2,
    name: 'stations name their region',
    run: () => createRegions({ database, clock: systemClock }).upgrade(),
  },
];

/** `migrate`, `backup`, `restore`. */
export function maintainCommands(
  program: Command,
  context: CliContext,
  withStore: (command: Command) => Command,
): void {
  withStore(
    program
      .command('migrate')
      .description('build missing indexes and bring what is stored to this version')
      .option('--dry-run', 'only say what would be done'),
  ).action(async (options: { json?: boolean; dryRun?: boolean }) => {
    const config = configFor(context, options);
    await withDatabase(config, async (database) => {
      const migrations = migrationsOf(database);
      const plan = await planMigration(database, allCollections, migrations);
      if (!options.dryRun) {
        await ensureCollections(
          database,
          allCollections.filter(({ name }) => plan.collections.includes(name)),
        );
        await migrate(database, allCollections, migrations, (text) => {
          if (!options.json) context.err(text);
        });
      }
      if (options.json) {
        context.out(JSON.stringify({ ok: true, dryRun: options.dryRun === true, ...plan }));
        return;
      }
      const work = options.dryRun ? 'would' : 'did';
      context.out(
        `schema version ${plan.from} to ${plan.to}: ${work} make ${plan.collections.length} collections, run ${plan.steps.length} steps`,
      );
      for (const { version, name } of plan.steps) context.out(`  version ${version}: ${name}`);
      for (const { collection, index, work: kind } of plan.indexes)
        context.out(`  ${kind === 'unknown' ? 'left alone' : kind}  ${collection}.${index}`);
    });
  });
  const backup = program.command('backup').description('copies of the embedded store');
  withStore(
    backup
      .command('create')
      .argument('<file>', 'where the copy goes; its manifest goes beside it as FILE.json')
      .description('copy the embedded store, also while the hub runs, and check the copy'),
  ).action(async (file: string, options: { json?: boolean }) => {
    const config = embedded(configFor(context, options));
    const manifest = await backUp({
      dataDir: config.dataDir,
      file,
      now: isoNow(systemClock),
      hubVersion: hubVersion(),
    });
    context.out(
      options.json
        ? JSON.stringify({ ok: true, file, ...manifest })
        : `${file}: ${manifest.bytes} bytes, sha256 ${manifest.sha256}; keep hub.secret of ${config.dataDir} with it, in a safer place`,
    );
  });
  withStore(
    backup
      .command('verify')
      .argument('<file>', 'a copy')
      .description('read a copy as a restore would; exit code 1 when it is not whole'),
  ).action(async (file: string, options: { json?: boolean }) => {
    const manifest = await verifyBackup(file);
    context.out(
      options.json
        ? JSON.stringify({ ok: true, file, ...manifest })
        : `${file}: whole, of ${manifest.createdAt}`,
    );
  });
  withStore(
    program
      .command('restore')
      .argument('<file>', 'a copy made by backup create')
      .description('put a verified copy into a data folder; never over a store that is in use')
      .option('--replace', 'set the store that is there aside'),
  ).action(async (file: string, options: { json?: boolean; replace?: boolean }) => {
    const config = embedded(configFor(context, options));
    const { manifest, setAside } = await restore({
      dataDir: config.dataDir,
      file,
      replace: options.replace === true,
      now: isoNow(systemClock),
    });
    context.out(
      options.json
        ? JSON.stringify({ ok: true, dataDir: config.dataDir, setAside, ...manifest })
        : `restored the store of ${manifest.createdAt} into ${config.dataDir}${setAside ? `; the old one is ${setAside}` : ''}; it needs the hub.secret of then`,
    );
  });
}

function embedded(config: HubConfig): HubConfig {
  if (config.store.mongodbUri !== null)
    throw new HubError('BAD_USAGE', 'MONGODB_URI is set: back a MongoDB server up with mongodump');
  return config;
}

/** Opens the store as it is: nothing is created by it. */
async function withDatabase(config: HubConfig, work: (database: Database) => Promise<void>): Promise<void> {
  const database = await openStore({
    ...config.store,
    dataDir: config.dataDir,
    logger: createLogger({ level: 'warn' }),
    onFatal: () => undefined,
  });
  try {
    await work(database);
  } finally {
    await database.close();
  }
}
