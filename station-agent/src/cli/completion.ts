import type { Command } from 'commander';
import { AgentError } from '../errors.js';

export type Shell = 'bash' | 'zsh' | 'fish';
type Entry = { path: string[]; words: string[] };

/** Every command with the words that may follow it. */
export function completionEntries(command: Command, path: string[] = []): Entry[] {
  const options = command.options.flatMap(({ long }) => (long ? [long] : []));
  const names = command.commands.map((child) => child.name());
  return [
    { path, words: [...names, ...options, '--help'] },
    ...command.commands.flatMap((child) => completionEntries(child, [...path, child.name()])),
  ];
}

/** A script for the shell to source. @throws AgentError BAD_USAGE for another shell */
export function completionScript(shell: string, program: Command): string {
  const entries = completionEntries(program);
  if (shell === 'fish') return fishScript(program);
  if (shell !== 'bash' && shell !== 'zsh')
    throw new AgentError('BAD_USAGE', `completion: use bash, zsh or fish, not ${shell}`);
  const cases = entries
    .map(({ path, words }) => `    "${path.join(' ')}") words="${words.join(' ')}" ;;`)
    .join('\n');
  const commands = entries.map(({ path }) => path.join(' ')).filter((path) => path !== '');
  return [
    ...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_voltbay_agent() {',
    `  local current="\${COMP_WORDS[COMP_CWORD]}" path="" words="" i next`,
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    `    next="\${path:+$path }\${COMP_WORDS[i]}"`,
    '    case "$next" in',
    `      ${commands.map((path) => `"${path}"`).join('|')}) path="$next" ;;`,
    '    esac',
    '  done',
    '  case "$path" in',
    cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    `  [[ \${#COMPREPLY[@]} -gt 0 || "$current" == -* ]] || COMPREPLY=($(compgen -f -- "$current"))`,
    '}',
    'complete -F _voltbay_agent voltbay-agent',
  ].join('\n');
}

function fishScript(program: Command): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  const lines = program.commands.flatMap((command) => [
    `complete -c voltbay-agent -n __fish_use_subcommand -a ${command.name()} -d ${quote(command.description())}`,
    ...command.commands.map(
      (child) =>
        `complete -c voltbay-agent -n '__fish_seen_subcommand_from ${command.name()}' -a ${child.name()} -d ${quote(child.description())}`,
    ),
    ...command.options.flatMap(({ long, description }) =>
      long
        ? [
            `complete -c voltbay-agent -n '__fish_seen_subcommand_from ${command.name()}' -l ${long.slice(2)} -d ${quote(description)}`,
          ]
        : [],
    ),
  ]);
  return lines.join('\n');
}
