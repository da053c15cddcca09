import { Command } from 'commander';
import { SimulatorError } from '../errors.js';
import type { Incident } from '../network/agent-incidents.js';
import { chooseCases, readCapture } from '../replay/capture.js';
import { saveCaptureScenario } from '../replay/capture-scenario.js';
import { createPacer } from '../replay/pacer.js';
import { incidentIn, incidentLines, playIncident, saveScenario } from '../replay/play-incident.js';
import { startReplay } from '../replay/start-replay.js';
import { factor, wholeNumber } from './numbers.js';
import { untilSignal } from './until-signal.js';

interface ReplayFlags {
  case: string[];
  protocol?: string;
  gap: number;
  baud: number;
  dir?: string;
  name: string;
  swap?: string;
  speed: number;
  step?: boolean;
  save?: string;
  json?: boolean;
}

const collect = (value: string, before: string[]) => [...before, value];

/**
 * `voltbay-sim replay FILE`: a capture is a recorded device, behind a serial port or on the air, until a signal comes; an incident is a
 * swap that went wrong, played back through the agent's own code; exit code 1 when its journal differs.
 */
export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'play back a capture (behind a serial port or a Bluetooth adapter) or an incident of a station',
    )
    .argument(
      '<file>',
      'capture (voltbay-agent capture), incident (incidents/*.json.gz of a station) or diagnostics bundle',
    )
    .option('--case <id>', 'only this case; may be repeated', collect, [])
    .option('--protocol <name>', 'only the cases of this protocol')
    .option('--gap <ms>', 'silence before each frame', wholeNumber, 10)
    .option('--baud <n>', 'speed of the serial line, 0 = unpaced', wholeNumber, 9_600)
    .option('--name <name>', 'name that a Bluetooth device advertises', 'REPLAY')
    .option('--dir <dir>', 'where the port link is made')
    .option('--swap <id>', 'incident of this swap, out of a diagnostics bundle')
    .option(
      '--speed <x>',
      'so many times as fast as it happened, 0 = an incident without waiting, a capture by --gap; Enter pauses',
      factor,
      0,
    )
    .option('--step', 'one answer of the hardware for each Enter')
    .option('--save <file>', 'keep it as a regression scenario for voltbay-sim scenario')
    .option('--json', 'print one JSON line when ready')
    .action(async (file: string, flags: ReplayFlags) => {
      const incident = incidentIn(file, flags.swap);
      if (incident) return play(incident, flags);
      const cases = chooseCases(readCapture(file), { ids: flags.case, protocol: flags.protocol });
      if (flags.save)
        saveCaptureScenario(
          file,
          cases.map(({ id }) => id),
          flags.save,
        );
      const pacer = flags.step || flags.speed > 0 ? pacerOf(flags) : undefined;
      const replay = await startReplay(cases, {
        gapMs: flags.gap,
        baudRate: flags.speed > 0 ? Math.round(flags.baud * flags.speed) : flags.baud,
        directory: flags.dir,
        name: flags.name,
        ...(pacer ? { pacer } : {}),
      });
      const { protocol, port, hciUrl, env } = replay;
      const ready = {
        ready: true,
        pid: process.pid,
        protocol,
        port,
        hciUrl,
        env,
        cases: cases.map((one) => one.id),
      };
      process.stdout.write(
        flags.json
          ? `${JSON.stringify(ready)}\n`
          : `${cases.length} cases of ${protocol} are ready at ${port ?? hciUrl}; Ctrl-C stops\n`,
      );
      await untilSignal();
      pacer?.close();
      await replay.close();
      process.stderr.write(`requests that the capture does not know: ${replay.script.unknown()}\n`);
    });
}

const print = (text: string) => process.stdout.write(`${text}\n`);

const pacerOf = (flags: ReplayFlags) =>
  createPacer({
    speed: flags.speed,
    step: flags.step ?? false,
    input: process.stdin,
    tell: (text) => flags.json || print(text),
  });

async function play(incident: Incident, flags: ReplayFlags): Promise<void> {
  const pacer = pacerOf(flags);
  const replayed = await playIncident(incident, pacer).finally(() => pacer.close());
  if (flags.save) saveScenario(incident, flags.save);
  if (flags.json) print(JSON.stringify(replayed));
  else for (const text of incidentLines(incident, replayed)) print(text);
  if (!replayed.same)
    throw new SimulatorError('SIM_SCENARIO_FAILED', 'the agent acts otherwise than when it was recorded');
}
