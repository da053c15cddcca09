import { Command, CommanderError } from 'commander';
import { AgentError, messageOf } from '../errors.js';
import { COMMANDS } from './commands/index.js';
import { type CliContext, createContext, processSurroundings, type Surroundings } from './context.js';
import { type Output, processOutput } from './output.js';

const BAD_USAGE: ReadonlySet<string> = new Set(['CONFIG_INVALID', 'CONFIG_UNREADABLE', 'BAD_USAGE']);

/** Runs one command line. Resolves with the exit code: 0 ok, 1 failed, 2 bad usage (arguments or configuration). */
export async function runCli(
  argv: readonly string[],
  output: Output = processOutput,
  surroundings: Partial<Surroundings> = {},
): Promise<number> {
  let code = 0;
  const context = createContext(argv, { ...processSurroundings(), output, ...surroundings }, (result) => {
    code = result;
  });
  try {
    await createProgram(context).parseAsync(argv);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    output.err(`voltbay-agent: ${messageOf(error)}`);
    if (!(error instanceof AgentError) && error instanceof Error && context.env.VOLTBAY_DEBUG)
      output.err(String(error.stack));
    return error instanceof AgentError && BAD_USAGE.has(error.code) ? 2 : 1;
  }
}

/** The whole command tree; nothing heavy is loaded before a command runs. */
export function createProgram(context: CliContext): Command {
  const { t, output } = context;
  const program = new Command('voltbay-agent')
    .description(
      t('Runs a battery-swap station and answers its technician.', '运行换电站，并为运维技师提供工具。'),
    )
    .option('--lang <language>', t('zh or en, instead of LANG', '界面语言 zh 或 en，代替环境变量 LANG'))
    .option('--no-color', t('no colours', '不使用颜色'))
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.out(text.trimEnd()),
      writeErr: (text) => output.err(text.trimEnd()),
      getOutHelpWidth: () => Math.min(context.widthChars, 110),
      getErrHelpWidth: () => Math.min(context.widthChars, 110),
    })
    .showHelpAfterError(t('(--help shows how)', '（--help 查看用法）'));
  for (const register of COMMANDS) register(program, context);
  return program;
}
