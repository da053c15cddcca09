import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { AgentError, messageOf } from '../errors.js';
import { agentVersion } from '../version.js';
import { decode } from './decode.js';
import { type Output, processOutput } from './output.js';
import { ask, type StationOptions } from './questions.js';
import { run } from './run.js';

const BAD_USAGE: ReadonlySet<string> = new Set(['CONFIG_INVALID', 'CONFIG_UNREADABLE', 'BAD_USAGE']);

/** Runs one command line. Resolves with the exit code: 0 ok, 1 failed, 2 bad usage (arguments or configuration). */
export async function runCli(argv: readonly string[], output: Output = processOutput): Promise<number> {
  let code = 0;
  const program = createProgram(output, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    output.err(`voltbay-agent: ${messageOf(error)}`);
    if (!(error instanceof AgentError) && error instanceof Error && process.env.VOLTBAY_DEBUG)
      output.err(String(error.stack));
    return error instanceof AgentError && BAD_USAGE.has(error.code) ? 2 : 1;
  }
}

function createProgram(output: Output, finish: (code: number) => void): Command {
  const program = new Command('voltbay-agent')
    .description('Runs a battery-swap station and answers its technician.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.out(text.trimEnd()),
      writeErr: (text) => output.err(text.trimEnd()),
    })
    .showHelpAfterError('(--help shows how)');

  program
    .command('run')
    .description('run the station until SIGTERM')
    .requiredOption('-c, --config <file>', 'the station’s config file')
    .option('--json', 'print one JSON line when up')
    .action(async (options: { config: string; json?: boolean }) => finish(await run(options, output)));

  const station = (command: Command): Command =>
    command
      .option('-c, --config <file>', 'the station’s config file')
      .option('-d, --data <directory>', 'its data directory, instead of --config')
      .option('--json', 'print JSON');
  for (const [name, description] of [
    ['status', 'how the station is'],
    ['slots', 'doors, locks and packs slot by slot'],
    ['packs', 'last reading of every pack'],
  ] as const)
    station(program.command(name).description(description)).action(async (options: StationOptions) =>
      finish(await ask(name, options, output)),
    );

  const queue = program.command('queue').description('messages that wait for the hub');
  station(queue.command('stats').description('how many wait, by lane')).action(
    async (options: StationOptions) => finish(await ask('queue-stats', options, output)),
  );
  station(queue.command('peek').description('the oldest waiting messages'))
    .option('-n, --limit <count>', 'how many', parseCount, 10)
    .action(async (options: StationOptions & { limit: number }) =>
      finish(await ask('queue-peek', options, output)),
    );

  program
    .command('decode')
    .description('decode a capture file of battery frames')
    .argument('<file>', 'JSON array of captured cases')
    .option('--json', 'print JSON')
    .action((file: string, options: { json?: boolean }) => finish(decode({ file, ...options }, output)));

  program
    .command('version')
    .description('print the version')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => {
      const version = agentVersion();
      output.out(options.json ? JSON.stringify({ version, node: process.versions.node }) : version);
    });
  return program;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 1_000) throw new InvalidArgumentError('use 1 to 1000');
  return count;
}
