import { Command, CommanderError } from 'commander';
import { cityCommand } from './cli/city-command.js';
import { controlCommand } from './cli/control-command.js';
import { fleetCommand } from './cli/fleet-command.js';
import { paymentGatewayCommand } from './cli/payment-gateway-command.js';
import { pushCommand } from './cli/push-command.js';
import { replayCommand } from './cli/replay-command.js';
import { riderCommand } from './cli/rider-command.js';
import { scenarioCommand } from './cli/scenario-command.js';
import { stationCommand } from './cli/station-command.js';
import { SimulatorError } from './errors.js';

const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Runs the command line; returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('voltbay-sim')
    .description('simulated hardware, riders and networks of Voltbay')
    .version('0.1.0')
    .showHelpAfterError('(voltbay-sim --help shows the commands)')
    .addCommand(stationCommand())
    .addCommand(fleetCommand())
    .addCommand(cityCommand())
    .addCommand(riderCommand())
    .addCommand(scenarioCommand())
    .addCommand(replayCommand())
    .addCommand(paymentGatewayCommand())
    .addCommand(pushCommand())
    .addCommand(controlCommand('fault'))
    .addCommand(controlCommand('act'));
  // Subcommands do not inherit it: commander would exit the process itself on wrong usage.
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync([...argv]);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const usage = error instanceof SimulatorError && error.code === 'SIM_CONFIG';
    process.stderr.write(`voltbay-sim: ${error instanceof Error ? error.message : String(error)}\n`);
    return usage ? EXIT.usage : EXIT.failed;
  }
}

process.exitCode = await main(process.argv);
