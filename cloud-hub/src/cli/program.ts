import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { HUB_ROLES, type HubConfig, LOG_LEVELS, readConfig } from '../config/config.js';
import { hubVersion } from '../version.js';
import { auditCommands } from './audit.js';
import { doctorCommand } from './doctor.js';
import { keysCommands } from './keys.js';
import { ledgerCommands } from './ledger.js';
import { maintainCommands } from './maintain.js';
import { runCommand } from './run.js';
import { seedCommands } from './seed.js';
import { seedDemoCommand } from './seed-demo.js';
import { usersCommands } from './users.js';
import { verifyCommands } from './verify.js';

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

export type CliContext = {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  out(line: string): void;
  err(line: string): void;
};
export type GlobalOptions = { data?: string; mongodbUri?: string; json?: boolean; logLevel?: string };

/** Settings from the environment with the command line laid over it. */
export function configFor(context: CliContext, options: Record<string, unknown>): HubConfig {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(context.env)) if (value !== undefined) env[name] = value;
  const over = (option: string, variable: string) => {
    const value = options[option];
    if (value === true) env[variable] = '1';
    else if (typeof value === 'string') env[variable] = value;
  };
  over('port', 'PORT');
  over('host', 'HOST');
  over('mqttPort', 'MQTT_PORT');
  over('data', 'VOLTBAY_DATA');
  over('mongodbUri', 'MONGODB_URI');
  over('mqttUrl', 'MQTT_URL');
  over('roles', 'VOLTBAY_ROLES');
  over('logLevel', 'LOG_LEVEL');
  over('demo', 'VOLTBAY_DEMO');
  return readConfig(env, { cwd: context.cwd, repoRoot: findRepoRoot() });
}

/** The folder with the built pages, when the hub runs from a checkout. */
function findRepoRoot(): string | null {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
  return existsSync(join(root, 'admin')) && existsSync(join(root, 'app')) ? root : null;
}

export function createProgram(context: CliContext): Command {
  const program = new Command('voltbay-hub');
  program
    .description('The Voltbay hub: orders, riders, operators and stations over REST and MQTT')
    .version(hubVersion(), '--version')
    .configureOutput({
      writeOut: (text) => context.out(text.replace(/\n$/, '')),
      writeErr: (text) => context.err(text.replace(/\n$/, '')),
    })
    .showHelpAfterError('(run with --help to see what is possible)')
    .exitOverride();
  const withStore = (command: Command) =>
    command
      .option('--data <folder>', 'folder of the embedded store (VOLTBAY_DATA)')
      .option('--mongodb-uri <uri>', 'document store instead of the embedded one (MONGODB_URI)')
      .addOption(new Option('--log-level <level>', 'LOG_LEVEL').choices([...LOG_LEVELS]))
      .option('--json', 'print JSON');

  withStore(
    program
      .command('run')
      .description('start the hub and stay up until SIGINT or SIGTERM')
      .option('--host <address>', 'address to listen on (HOST)')
      .option('--port <port>', 'HTTP port, 0 = any free one (PORT)')
      .option('--mqtt-port <port>', 'port of the embedded broker, 0 = any free one (MQTT_PORT)')
      .option('--mqtt-url <url>', 'external MQTT broker instead of the embedded one (MQTT_URL)')
      .option('--roles <list>', `out of ${HUB_ROLES.join(',')} (VOLTBAY_ROLES)`)
      .option('--demo', 'seed the demo accounts and stations (VOLTBAY_DEMO)'),
  ).action((options) => runCommand(context, configFor(context, options), options));
  withStore(
    program.command('seed-demo').description('write the demo accounts and stations; safe to repeat'),
  ).action((options) => seedDemoCommand(context, configFor(context, { ...options, demo: true }), options));
  seedCommands(program, context, withStore);
  usersCommands(program, context, withStore);
  keysCommands(program, context, withStore);
  ledgerCommands(program, context, withStore);
  auditCommands(program, context, withStore);
  verifyCommands(program, context, withStore);
  maintainCommands(program, context, withStore);
  withStore(
    program
      .command('doctor')
      .description('check settings, folder, store, ports and pages, and say what to do'),
  ).action((options) => doctorCommand(context, configFor(context, options), options));
  program
    .command('version')
    .description('print the version')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) =>
      context.out(
        options.json ? JSON.stringify({ version: hubVersion(), node: process.version }) : hubVersion(),
      ),
    );
  return program;
}

/** Runs one command line; answers the exit code: 0 ok, 1 failed, 2 bad usage. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  const program = createProgram(context);
  try {
    if (argv.length === 0) {
      context.err(program.helpInformation());
      return EXIT.usage;
    }
    await program.parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    context.err(`voltbay-hub: ${error instanceof Error ? error.message : String(error)}`);
    return (error as { code?: unknown }).code === 'BAD_CONFIG' ||
      (error as { code?: unknown }).code === 'BAD_USAGE'
      ? EXIT.usage
      : EXIT.failed;
  }
}
