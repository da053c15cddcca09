import { Command } from 'commander';
import { chooseCases, readCapture } from '../replay/capture.js';
import { startReplay } from '../replay/start-replay.js';
import { wholeNumber } from './numbers.js';
import { untilSignal } from './until-signal.js';

interface ReplayFlags {
  case: string[];
  protocol?: string;
  gap: number;
  baud: number;
  dir?: string;
  name: string;
  json?: boolean;
}

const collect = (value: string, before: string[]) => [...before, value];

/** `voltbay-sim replay FILE`: a recorded device, behind a serial port or on the air, until a signal comes. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('answer requests with the frames of a capture, behind a serial port or a Bluetooth adapter')
    .argument('<file>', 'capture (JSON, as voltbay-agent capture writes it)')
    .option('--case <id>', 'only this case; may be repeated', collect, [])
    .option('--protocol <name>', 'only the cases of this protocol')
    .option('--gap <ms>', 'silence before each frame', wholeNumber, 10)
    .option('--baud <n>', 'speed of the serial line, 0 = unpaced', wholeNumber, 9_600)
    .option('--name <name>', 'name that a Bluetooth device advertises', 'REPLAY')
    .option('--dir <dir>', 'where the port link is made')
    .option('--json', 'print one JSON line when ready')
    .action(async (file: string, flags: ReplayFlags) => {
      const cases = chooseCases(readCapture(file), { ids: flags.case, protocol: flags.protocol });
      const replay = await startReplay(cases, {
        gapMs: flags.gap,
        baudRate: flags.baud,
        directory: flags.dir,
        name: flags.name,
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
      await replay.close();
      process.stderr.write(`requests that the capture does not know: ${replay.script.unknown()}\n`);
    });
}
