import { access, constants, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { allCollections } from '../collections.js';
import type { HubConfig } from '../config/config.js';
import { planMigration } from '../db/migrations.js';
import { HubError } from '../errors.js';
import { migrationsOf } from './maintain.js';
import { withIdentity } from './open.js';
import type { CliContext } from './program.js';

type Finding = { check: string; ok: boolean; detail: string };

/** Looks at everything a start needs and says what to do about what is missing. Exit code 1 when something is. */
export async function doctorCommand(
  context: CliContext,
  config: HubConfig,
  options: { json?: boolean },
): Promise<void> {
  const findings: Finding[] = [];
  const check = async (name: string, work: () => Promise<string>) => {
    try {
      findings.push({ check: name, ok: true, detail: await work() });
    } catch (error) {
      findings.push({
        check: name,
        ok: false,
        detail: error instanceof Error ? error.message : String(error),
      });
    }
  };
  await check('node', async () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    if (major < 20 || (major === 20 && minor < 19))
      throw new Error(`${process.version}: install Node 20.19 or newer`);
    return process.version;
  });
  await check('data folder', async () => {
    await mkdir(config.dataDir, { recursive: true });
    await access(config.dataDir, constants.W_OK);
    return config.dataDir;
  });
  await check('store and keys', () =>
    withIdentity(config, async ({ identity }) => {
      await identity.keys.start();
      const operators = await identity.operators.list(config.tenantId);
      return operators.length === 0
        ? `opens; no operators in tenant ${config.tenantId} yet: voltbay-hub users add NAME`
        : `opens; ${operators.length} operators in tenant ${config.tenantId}`;
    }),
  );
  await check('schema', () =>
    withIdentity(config, async ({ database }) => {
      const plan = await planMigration(database, allCollections, migrationsOf(database));
      const differs = plan.indexes.filter(({ work }) => work === 'differs');
      if (differs.length > 0)
        throw new Error(
          `${differs.length} indexes are not as this version needs them (${differs[0]?.collection}.${differs[0]?.index}): run voltbay-hub migrate`,
        );
      const behind = plan.steps.length === 0 ? '' : '; voltbay-hub migrate, or a start, brings it further';
      return `version ${plan.from} of ${plan.to}${behind}`;
    }),
  );
  await check('HTTP port', () => freePort(config.http.host, config.http.port, 'PORT'));
  if (config.mqtt.url === null)
    await check('MQTT port', () => freePort(config.http.host, config.mqtt.port, 'MQTT_PORT'));
  for (const [name, folder] of [
    ['admin pages', config.web.adminDir],
    ['app pages', config.web.appDir],
  ] as const)
    await check(name, async () => {
      if (folder === null) return 'not served';
      await access(join(folder, 'index.html')).catch(() => {
        throw new Error(`no index.html in ${folder}: build the pages with npm run build`);
      });
      return folder;
    });
  const failed = findings.filter((finding) => !finding.ok);
  if (options.json) context.out(JSON.stringify({ ok: failed.length === 0, findings }));
  else
    for (const { check: name, ok, detail } of findings)
      context.out(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(16)}${detail}`);
  if (failed.length > 0)
    throw new HubError('UNHEALTHY', `${failed.length} of ${findings.length} checks failed`);
}

const freePort = (host: string, port: number, variable: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Error(
          error.code === 'EADDRINUSE'
            ? `${host}:${port} is taken: stop what uses it or set ${variable}`
            : `${host}:${port}: ${error.message}; set HOST or ${variable}`,
        ),
      ),
    );
    probe.listen(port, host, () =>
      probe.close(() => resolve(port === 0 ? 'any free one' : `${host}:${port} is free`)),
    );
  });
