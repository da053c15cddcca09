import { AgentError, messageOf } from '../errors.js';
import { type CliContext, configFileOf, type StationOptions } from './context.js';
import { askAgent } from './control-client.js';
import { pause } from './sniff.js';
import { dataDirOf } from './station-source.js';
import { renderWatch, type WatchFrame } from './watch-view.js';

export type WatchOptions = StationOptions & { interval: number; count?: number };

const HOME_AND_CLEAR = '\u001b[H\u001b[2J';

/** `voltbay-agent watch`: the station as it is, again and again until Ctrl-C. With `--json` one line a look. */
export async function watch(options: WatchOptions, context: CliContext): Promise<number> {
  const { output, t } = context;
  const dataDir = dataDirOf({ ...options, config: configFileOf(options, context) });
  const signal = context.untilInterrupted();
  let shown = 0;
  for (let look = 0; !signal.aborted && look < (options.count ?? Number.POSITIVE_INFINITY); look += 1) {
    if (look > 0) await pause(options.interval * 1_000, signal);
    if (signal.aborted) break;
    const frame = await lookOnce(dataDir);
    if (typeof frame === 'string' || frame === null) {
      // The agent may be restarting: the view goes on. One that never ran is an error.
      if (shown === 0)
        throw new AgentError(
          'NOT_RUNNING',
          frame ?? t(`no agent runs on ${dataDir}`, `${dataDir} 上没有运行中的站点程序`),
        );
      output.err(frame ?? t('the agent is away…', '站点程序已离线…'));
      continue;
    }
    shown += 1;
    if (options.json) output.out(JSON.stringify(frame));
    else {
      const text = renderWatch(frame, new Date().toLocaleTimeString('sv-SE'), context);
      output.out(context.isTerminal ? HOME_AND_CLEAR + text : `${text}\n`);
    }
  }
  return 0;
}

async function lookOnce(dataDir: string): Promise<WatchFrame | string | null> {
  try {
    const ask = (command: string): Promise<unknown> => askAgent(dataDir, { command, args: {} });
    const [status, slots, packs] = await Promise.all([ask('status'), ask('slots'), ask('packs')]);
    if (status === null || slots === null || packs === null) return null;
    return { status, slots, packs } as WatchFrame;
  } catch (error) {
    return messageOf(error);
  }
}
