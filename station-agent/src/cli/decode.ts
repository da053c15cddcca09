import { readFileSync } from 'node:fs';
import { decodeCapture, readCaptureFile } from '@voltbay/protocol/devices';
import { AgentError, messageOf } from '../errors.js';
import { type Output, table } from './output.js';

/**
 * `voltbay-agent decode FILE`: the readings of a capture file. A case that is refused names its error class; the command succeeds, for a
 * refused frame is an answer. Throws when the file is no capture file.
 */
export function decode(options: { file: string; json?: boolean }, output: Output): number {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(options.file, 'utf8'));
  } catch (error) {
    throw new AgentError('BAD_USAGE', `cannot read ${options.file}: ${messageOf(error)}`, { cause: error });
  }
  const file = readCaptureFile(json);
  if (!file.ok) throw new AgentError('BAD_USAGE', `${options.file} is no capture file: ${file.problem}`);
  const results = file.cases.map(decodeCapture);
  if (options.json) {
    output.out(JSON.stringify(results, null, 2));
    return 0;
  }
  const rows = results.flatMap((result) => {
    const readings = result.packs ?? (result.reading ? [result.reading] : []);
    return (readings.length > 0 ? readings : [null]).map((reading) => ({ result, reading }));
  });
  output.out(
    table(rows, [
      { title: 'CASE', value: ({ result }) => result.id },
      { title: 'PROTOCOL', value: ({ result }) => result.protocol },
      { title: 'RESULT', value: ({ result }) => (result.ok ? 'ok' : result.error) },
      { title: 'V', value: ({ reading }) => volts(reading?.voltageMv) },
      { title: 'A', value: ({ reading }) => volts(reading?.currentMa) },
      { title: 'SOC %', value: ({ reading }) => reading?.socPct },
      { title: 'CELLS', value: ({ reading }) => reading?.cellMv.length },
      { title: 'ALARMS', value: ({ reading }) => reading?.alarms.join(' ') },
    ]),
  );
  return 0;
}

const volts = (milli: number | undefined): string | undefined =>
  milli === undefined ? undefined : (milli / 1000).toFixed(2);
