import { Command } from 'commander';
import { SimulatorError } from '../errors.js';
import { hardwareFaults } from '../station/faults.js';
import { personActions } from '../station/person-actions.js';

/** `voltbay-sim fault NAME` and `act NAME`: the control API of a running station from the command line. */
export function controlCommand(group: 'fault' | 'act'): Command {
  const path = group === 'fault' ? 'faults' : 'actions';
  const known = group === 'fault' ? hardwareFaults() : personActions();
  const list = known.map(({ name, summary }) => `  ${name.padEnd(20)} ${summary}`).join('\n');
  return new Command(group)
    .description(
      group === 'fault' ? 'inject a fault into a running station' : 'act as a person at a running station',
    )
    .argument('<name>', 'what; listed below')
    .argument('[field=value...]', 'its fields, e.g. slot=5 on=false serial=VB-A-0101')
    .requiredOption('--url <url>', 'control API of the station (controlUrl in its JSON line)')
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', `\n${list}`)
    .action(async (name: string, fields: string[], flags: { url: string; json?: boolean }) => {
      const body = JSON.stringify(Object.fromEntries(fields.map(fieldOf)));
      const response = await fetch(new URL(`/${path}/${name}`, flags.url), { method: 'POST', body }).catch(
        (cause) => {
          throw new SimulatorError('SIM_UNREACHABLE', `no station answers at ${flags.url}`, { cause });
        },
      );
      const answer = (await response.json()) as { error?: string; reason?: string };
      if (flags.json) process.stdout.write(`${JSON.stringify(answer)}\n`);
      if (!response.ok) {
        throw new SimulatorError('SIM_IMPOSSIBLE', answer.error ?? `${name} was refused: ${answer.reason}`);
      }
      if (!flags.json) process.stdout.write(`${name}: done\n`);
    });
}

/** `slot=5` to a field; values that are JSON are taken as such, all others as text. */
function fieldOf(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new SimulatorError('SIM_CONFIG', `"${text}" is no field: write name=value`);
  const value = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(value)];
  } catch {
    return [text.slice(0, at), value];
  }
}
