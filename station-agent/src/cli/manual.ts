import type { Command } from 'commander';

const EXAMPLES = new WeakMap<Command, readonly string[]>();

/** Examples of a command, for its page; `--help` shows them too. */
export const setExamples = (command: Command, examples: readonly string[]): void =>
  void EXAMPLES.set(command, examples);

/** The whole command line as one page of Markdown. */
export function renderManual(program: Command): string {
  return [
    '# voltbay-agent',
    '',
    '<!-- Written by scripts/agent-manual.mjs from the program itself. Change the commands, then run it again. -->',
    '',
    program.description(),
    '',
    'Exit codes: 0 ok, 1 failed, 2 bad usage (arguments or config). Tables are for people; `--json` is for programs. The language',
    'follows LANG, or `--lang zh|en`. Without `--config` the file in `VOLTBAY_CONFIG`, else `/etc/voltbay/agent.json`, is used.',
    'Commands that only look work without a running agent: they read its database. Doors are moved by the running agent alone.',
    '',
    ...program.commands.flatMap((command) => section(command, ['voltbay-agent'])),
  ]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()
    .concat('\n');
}

function section(command: Command, path: readonly string[]): string[] {
  const here = [...path, command.name()];
  if (command.commands.length > 0) return command.commands.flatMap((child) => section(child, here));
  const args = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}${argument.variadic ? '...' : ''}]`,
  );
  const examples = EXAMPLES.get(command) ?? [];
  return [
    `## ${[...here.slice(1), ...args].join(' ').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}`,
    '',
    `${command.description()}.`,
    '',
    ...(command.options.length > 0 ? ['| option | |', '|---|---|'] : []),
    ...command.options.map(
      ({ flags, description, defaultValue }) =>
        `| \`${flags}\` | ${description}${typeof defaultValue === 'string' || typeof defaultValue === 'number' ? ` (default ${defaultValue})` : ''} |`,
    ),
    '',
    ...(examples.length > 0 ? ['```sh', ...examples.map((line) => `voltbay-agent ${line}`), '```', ''] : []),
  ];
}
