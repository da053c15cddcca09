import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext, StationOptions } from './context.js';
import type { Words } from './language.js';

export type OptionSpec = {
  flags: string;
  summary: Words;
  parse?: (text: string) => unknown;
  default?: unknown;
  required?: boolean;
};

/** One command as it is registered, shown by `--help`, completed by shells and printed in its page. */
export type CommandSpec<O> = {
  /** Name and arguments, for example `open <slot>`. */
  usage: string;
  summary: Words;
  /** Command lines after `voltbay-agent`. */
  examples: readonly string[];
  /** Takes `--config`, `--data` and `--json`. */
  station?: boolean;
  json?: boolean;
  options?: readonly OptionSpec[];
  /** Resolves with the exit code: 0 ok, 1 failed, 2 bad usage. */
  run(context: CliContext, options: O, ...args: string[]): Promise<number> | number;
};

export type Register = (program: Command, context: CliContext) => void;

export function addCommand<O = StationOptions>(
  parent: Command,
  context: CliContext,
  spec: CommandSpec<O>,
): Command {
  const { t } = context;
  const words = ({ en, zh }: Words): string => t(en, zh);
  const command = parent.command(spec.usage).description(words(spec.summary));
  if (spec.station)
    command
      .option('-c, --config <file>', t('the station’s config file', '站点的配置文件'))
      .option(
        '-d, --data <directory>',
        t('its data directory, instead of --config', '站点的数据目录（代替 --config）'),
      );
  for (const { flags, summary, parse, default: fallback, required } of spec.options ?? []) {
    const option = command.createOption(flags, words(summary));
    if (parse) option.argParser(parse);
    if (fallback !== undefined) option.default(fallback);
    if (required) option.makeOptionMandatory();
    command.addOption(option);
  }
  if (spec.station || spec.json) command.option('--json', t('print JSON', '输出 JSON'));
  command.addHelpText(
    'after',
    `\n${t('Examples:', '示例：')}\n${spec.examples.map((line) => `  voltbay-agent ${line}`).join('\n')}`,
  );
  command.action(async (...given: unknown[]) => {
    const args = given.slice(0, -2).flat() as string[];
    context.finish(await spec.run(context, given.at(-2) as O, ...args));
  });
  return command;
}

/** A parser of whole numbers for options and arguments. @throws InvalidArgumentError naming the range */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`use a whole number from ${min} to ${max}`);
    return value;
  };

export const LIMIT_OPTION: OptionSpec = {
  flags: '-n, --limit <count>',
  summary: { en: 'how many', zh: '条数' },
  parse: wholeNumber(1, 1_000),
  default: 20,
};
