import type { AgentConfig } from '../config/config.js';
import type { StatusService } from '../control/status-service.js';
import type { LiveSlot, LiveStatus } from '../doctor/live-agent.js';
import { diagnosticsBundle } from './bundle.js';
import type { LogTail } from './log-tail.js';

const MAX_LOG_LINES = 1_000;

/** The running agent's own bundle: it answers itself instead of going through its socket. */
export async function collectFromWithin(deps: {
  config: AgentConfig;
  status: StatusService;
  tail: LogTail | null;
}): Promise<Uint8Array> {
  const { config, status, tail } = deps;
  const ask = async (command: string, args: Record<string, unknown> = {}): Promise<unknown> => {
    const answer = await status.answer({ command, args });
    if (!answer.ok) throw new Error(answer.error);
    return answer.data;
  };
  const { gzip } = await diagnosticsBundle({
    configFile: config.file,
    config,
    env: process.env,
    ask,
    askDoctorsAgent: async () => ({
      status: (await ask('status')) as LiveStatus,
      slots: (await ask('slots')) as LiveSlot[],
    }),
    t: (en) => en,
    ...(tail && {
      logLines: tail
        .lines()
        .slice(-MAX_LOG_LINES)
        .map(({ json }) => json),
    }),
  });
  return gzip;
}
