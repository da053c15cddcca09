import type { Clock } from './clock.js';
import type { AgentConfig } from './config/config.js';
import type { CrashPoint } from './crash-point.js';
import type { LogTail } from './diagnostics/log-tail.js';
import type { Hardware } from './hardware/ports.js';
import type { Logger } from './logger.js';
import type { SwapRunnerDeps } from './swap/runner.js';
import type { SwapRules } from './swap/types.js';

export type HardwareFactory = (
  config: AgentConfig['hardware'],
  deps: { clock: Clock; log: Logger; polling: AgentConfig['polling']; minCabinetFirmware: string },
) => Hardware;

/** What a test, or another program, may replace. */
export type AgentOverrides = {
  createHardware: HardwareFactory;
  clock?: Clock;
  log?: Logger;
  /** What the log says, for whoever asks from afar. */
  logTail?: LogTail;
  /** Wins over credentials.json; the process passes VOLTBAY_STATION_SECRET. */
  secret?: string;
  crashPoint?: CrashPoint;
  /** The program file of this process, to tell which release it is. */
  program?: string;
  rules?: Partial<SwapRules>;
  swap?: Pick<SwapRunnerDeps, 'tickMs' | 'resumeWindowMs' | 'verifyMs'>;
  resendAfterMs?: number;
  storageLookMs?: number;
};
