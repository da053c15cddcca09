import { type Agent, createAgent } from '../agent.js';
import { loadLocalConfig } from '../config/config.js';
import { loadConfig } from '../config/effective.js';
import { crashPointFrom } from '../crash-point.js';
import { createLogTail } from '../diagnostics/log-tail.js';
import { messageOf } from '../errors.js';
import { createHardware } from '../hardware/create-hardware.js';
import { createLogger } from '../logger.js';
import { openRemoteConfig } from '../remote-config/remote-config-file.js';
import { createServiceNotifier } from '../sd-notify.js';
import { createWatchdog, watchdogMsFrom } from '../watchdog.js';
import type { Output } from './output.js';

/** EX_TEMPFAIL: the service manager starts what is installed now. */
const START_AGAIN = 75;
/** A stop that takes longer than this is ended by force. */
const STOP_LIMIT_MS = 15_000;

/**
 * `voltbay-agent run`: until SIGTERM or SIGINT. A restart that the hub asks for happens in this process, as a new start on the
 * database. Resolves with the exit code.
 */
export async function run(options: { config: string; json?: boolean }, output: Output): Promise<number> {
  const local = loadLocalConfig(options.config);
  const remote = openRemoteConfig(local.dataDir);
  const secret = process.env.VOLTBAY_STATION_SECRET;
  const crashPoint = crashPointFrom(process.env.VOLTBAY_CRASH_AT);
  const notifier = createServiceNotifier();
  const logTail = createLogTail();
  let stopping = false;
  for (;;) {
    remote.countStart();
    const config = loadConfig(options.config);
    const log = createLogger(config.logLevel, { tail: logTail });
    let agent: Agent;
    try {
      agent = await createAgent(config, {
        createHardware: (hardware, deps) => createHardware(hardware, deps),
        log,
        logTail,
        crashPoint,
        ...(secret && { secret }),
      });
    } catch (error) {
      if (remote.read().trial === null) throw error;
      log.error({ err: error }, 'the agent does not start with its new configuration');
      remote.rollBack(messageOf(error));
      continue;
    }
    const watchdog = createWatchdog({
      progress: agent.progress,
      notifier,
      log,
      watchdogMs: watchdogMsFrom(process.env),
    });
    const onSignal = (): void => {
      if (stopping) return;
      stopping = true;
      notifier.stopping();
      setTimeout(() => {
        log.fatal('stopping took too long');
        process.exit(1);
      }, STOP_LIMIT_MS).unref();
      void agent.stop();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
    try {
      await agent.start();
      notifier.ready();
      watchdog.start();
      if (options.json) output.out(JSON.stringify({ ready: true, device: config.device, pid: process.pid }));
      else output.err(`voltbay-agent: station ${config.device} is up (pid ${process.pid}); Ctrl-C stops it`);
      const end = await agent.ended;
      if (end === 'stopped' || stopping) return 0;
      if (end === 'replaced') return START_AGAIN;
      log.warn('restarting as asked by the hub');
    } finally {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
      watchdog.stop();
      await agent.stop();
    }
  }
}
