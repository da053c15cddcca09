import { toHex } from '@voltbay/protocol/bytes';
import { burstLine, createBurstGatherer } from '../capture/sniffed-line.js';
import { withLink } from '../capture/with-link.js';
import { busDeps, leaveAgentAlone } from './bus-access.js';
import type { CliContext } from './context.js';

export type SniffOptions = { baud: number; seconds?: number; gap: number; json?: boolean };

/** `voltbay-agent sniff PORT`: listens without ever sending. 1 when nothing was heard. */
export async function sniff(path: string, options: SniffOptions, context: CliContext): Promise<number> {
  const { output, t } = context;
  await leaveAgentAlone([path], context);
  const signal = context.untilInterrupted();
  const deps = busDeps();
  let heard = 0;
  await withLink({ path, baudRate: options.baud }, deps, async (link) => {
    const startMs = deps.clock.monotonicMs();
    const gatherer = createBurstGatherer({
      gapMs: options.gap,
      nowMs: deps.clock.monotonicMs,
      onBurst(burst) {
        heard += 1;
        const atMs = Math.round(burst.atMs - startMs);
        output.out(
          options.json ? JSON.stringify({ atMs, hex: toHex(burst.bytes) }) : burstLine(burst, startMs),
        );
      },
    });
    link.onData((chunk) => gatherer.push(chunk));
    output.err(
      t(
        `listening on ${path} at ${options.baud}; Ctrl-C ends`,
        `正在监听 ${path}（${options.baud}）；Ctrl-C 结束`,
      ),
    );
    await pause(options.seconds === undefined ? null : options.seconds * 1000, signal);
    gatherer.end();
  });
  if (heard === 0) output.err(t('nothing was heard', '未收到任何数据'));
  return heard > 0 ? 0 : 1;
}

/** Waits for a time (null = for ever) or the signal. */
export function pause(ms: number | null, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = ms === null ? setInterval(() => {}, 1 << 30) : setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
