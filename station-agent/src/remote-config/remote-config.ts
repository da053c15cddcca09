import type { SetConfigData } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import type { Command, CommandReport, Settlement } from '../commands/intake.js';
import type { AgentConfig } from '../config/config.js';
import { loadLocalConfig } from '../config/config.js';
import { layOver } from '../config/effective.js';
import type { CrashPoint } from '../crash-point.js';
import { messageOf } from '../errors.js';
import { awaitHealth, type HealthCheck } from '../health-gate.js';
import type { Logger } from '../logger.js';
import type { CommandRow } from '../storage/command-journal.js';
import type { SwapService } from '../swap/service.js';
import type { RemoteConfigFile } from './remote-config-file.js';

type Deps = {
  config: AgentConfig;
  file: RemoteConfigFile;
  swaps: SwapService;
  cabinetUp: () => boolean;
  /** `cabinet`: it answered before the change and must answer again. */
  health: (wants: { cabinet: boolean }) => HealthCheck[];
  settle: (commandId: string, settlement: Settlement) => void;
  /** Starts the agent anew with what is in force then. */
  restart: () => void;
  crashPoint: CrashPoint;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
};

/** How long a new configuration must work without a break before it counts as proved. */
const STEADY_MS = 1_000;

/**
 * SERVER_SET_CONFIG. A set is validated, written beside the one in force, and tried by a new start between two swaps; what proves itself
 * stays, anything else is taken back by the station itself. Each step is durable: a kill in between goes on where it stood.
 */
export function createRemoteConfig(deps: Deps) {
  const { config, file, swaps, log, crashPoint } = deps;

  /** The station's own file as it is now; an agent that was made without one has only what it was given. */
  const local = (): AgentConfig => (config.file === null ? config : loadLocalConfig(config.file));

  const isInForce = ({ version, config: wanted }: SetConfigData): boolean => {
    const { current } = file.read();
    return current?.version === version && JSON.stringify(current.config) === JSON.stringify(wanted);
  };
  const applied = (version: string): Settlement => ({
    state: 'done',
    result: { version, configHash: config.hash },
  });

  function apply(commandId: string, data: SetConfigData): void {
    const { version, config: wanted } = data;
    file.tryOut({ version, config: wanted, commandId }, deps.cabinetUp());
    crashPoint('config:trial');
    log.info({ commandId, version }, 'new configuration is tried');
    deps.restart();
  }

  async function prove(): Promise<void> {
    const { trial } = file.read();
    if (!trial) return;
    const { version, commandId } = trial;
    const health = await awaitHealth({
      checks: deps.health({ cabinet: trial.cabinetUp }),
      withinMs: config.update.healthS * 1_000,
      steadyMs: STEADY_MS,
      clock: deps.clock,
      signal: deps.signal,
    });
    if (health.ok) {
      file.confirm();
      crashPoint('config:confirmed');
      deps.settle(commandId, applied(version));
      log.info({ commandId, version, configHash: config.hash }, 'new configuration works and stays');
      return;
    }
    const reason = `not healthy within ${config.update.healthS} s: ${health.missing.join(', ')}`;
    log.error({ commandId, version, reason }, 'new configuration is taken back');
    file.rollBack(reason);
    crashPoint('config:rolled-back');
    deps.restart();
  }

  return {
    async handle(command: Command, report: CommandReport): Promise<Settlement | null> {
      const data = command.data as SetConfigData;
      const laid = layOver(local(), data.config, data.version);
      if (!laid.ok) {
        const [first] = laid.errors;
        return {
          state: 'rejected',
          reason: 'CONFIG_INVALID',
          detail: `${laid.errors.length} problem(s); ${first?.path}: ${first?.message}`.slice(0, 500),
          result: { errors: laid.errors.slice(0, 50) },
        };
      }
      if (isInForce(data)) return applied(data.version);
      const isMine = await swaps.holdOff('a new configuration is applied', deps.signal);
      if (!isMine || report.isLate()) {
        if (isMine) swaps.letOn();
        return { state: 'expired', reason: 'EXPIRED' };
      }
      report.started();
      apply(command.id, data);
      return null;
    },
    /** What a command of an earlier start came to; null when it goes on and is settled by its trial. */
    recover(row: CommandRow): Settlement | null {
      const { current, trial, rolledBack } = file.read();
      if (trial?.commandId === row.id) return null;
      const data = row.data as SetConfigData;
      if (current?.commandId === row.id) return applied(data.version);
      if (rolledBack?.commandId === row.id)
        return { state: 'failed', reason: 'CONFIG_ROLLED_BACK', detail: rolledBack.reason };
      // Killed between the journal and the file: nothing has changed yet, so it is done now.
      // Only after the swap that was left open runs again.
      Promise.resolve()
        .then(() => swaps.holdOff('a new configuration is applied', deps.signal))
        .then((isMine) => isMine && apply(row.id, data))
        .catch((error: unknown) => log.error({ err: error }, 'new configuration not applied'));
      return null;
    },
    /** Watches over a set that is being tried. */
    start(): void {
      prove().catch((error: unknown) => {
        if (!deps.signal.aborted) log.error({ reason: messageOf(error) }, 'new configuration not judged');
      });
    },
  };
}
