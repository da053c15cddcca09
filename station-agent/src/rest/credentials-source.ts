import type { AgentConfig } from '../config/config.js';
import { readCredentials, writeCredentials } from '../config/credentials.js';
import { AgentError, messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import { createBackoff } from '../uplink/backoff.js';
import { type HubApi, HubApiError } from './hub-api.js';

type Deps = {
  config: AgentConfig;
  /** VOLTBAY_STATION_SECRET: wins over the file. */
  secretFromEnvironment: string | undefined;
  api: HubApi;
  log: Logger;
  signal: AbortSignal;
};

/**
 * The station's secret: from the environment, from dataDir, or by spending the enrolment code once. Enrolment is tried until the hub
 * answers; a refused code ends it. Throws `CREDENTIALS_MISSING` when there is nothing to try, `CREDENTIALS_INVALID` when the code is refused.
 */
export async function obtainSecret(deps: Deps): Promise<string> {
  const { config, secretFromEnvironment, log } = deps;
  if (secretFromEnvironment) return secretFromEnvironment;
  const stored = readCredentials(config.dataDir, config.device);
  if (stored) return stored.secret;
  if (config.enrolCode === undefined)
    throw new AgentError(
      'CREDENTIALS_MISSING',
      `station ${config.device} has no credentials: set enrolCode in the config file (or VOLTBAY_STATION_SECRET in the environment)`,
    );
  const backoff = createBackoff();
  for (;;) {
    try {
      const { secret } = await deps.api.enroll(config.enrolCode);
      writeCredentials(config.dataDir, { device: config.device, secret });
      log.info({ device: config.device }, 'station enrolled');
      return secret;
    } catch (error) {
      if (deps.signal.aborted) throw error;
      if (error instanceof HubApiError && !error.retryable && error.status !== 401)
        throw new AgentError(
          'CREDENTIALS_INVALID',
          `enrolment refused: ${error.message}; ask for a new enrolment code`,
          {
            cause: error,
          },
        );
      if (error instanceof HubApiError && error.status === 401)
        throw new AgentError(
          'CREDENTIALS_INVALID',
          'the enrolment code is wrong or was used before; ask for a new one',
          {
            cause: error,
          },
        );
      if (!(error instanceof HubApiError)) throw error;
      const waitMs = backoff.nextMs();
      log.warn({ reason: messageOf(error), retryInMs: waitMs }, 'enrolment not possible yet');
      await pause(waitMs, deps.signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
