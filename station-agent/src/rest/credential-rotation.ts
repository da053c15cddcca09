import type { AgentConfig } from '../config/config.js';
import { readCredentials, writeCredentials } from '../config/credentials.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import { type HubApi, HubApiError } from './hub-api.js';

export type Rotation = { ok: true; oldValidUntil: string } | { ok: false; code: string; detail: string };
export type CredentialRotation = ReturnType<typeof createCredentialRotation>;

/**
 * Exchanges the station's secret. The new one is on the disk before it is used, the old one stays beside it until the hub has taken the
 * new one: killed anywhere in between, the station can still sign in, because the hub honours both for a day.
 */
export function createCredentialRotation(deps: {
  config: Pick<AgentConfig, 'dataDir' | 'device'>;
  api: HubApi;
  /** In use now; replaced when the new secret is confirmed. */
  credentials: { secret: string | null };
  log: Logger;
}) {
  const { config, api, credentials, log } = deps;
  const { dataDir, device } = config;
  let isBusy = false;

  /** Makes the waiting secret the only one when the hub takes it; forgets it when the hub refuses it. */
  async function confirm(secret: string, next: string): Promise<boolean> {
    try {
      await api.trySecret(next);
    } catch (error) {
      if (!(error instanceof HubApiError) || error.status !== 401) throw error;
      log.warn('the hub does not know the new secret; the old one stays');
      writeCredentials(dataDir, { device, secret });
      return false;
    }
    credentials.secret = next;
    writeCredentials(dataDir, { device, secret: next });
    log.warn('the new secret is in use');
    return true;
  }

  async function guarded(work: () => Promise<Rotation>): Promise<Rotation> {
    if (isBusy)
      return { ok: false, code: 'ROTATION_RUNNING', detail: 'the secret is being exchanged already' };
    isBusy = true;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HubApiError)) throw error;
      return { ok: false, code: error.problemCode ?? 'HUB_UNREACHABLE', detail: error.message };
    } finally {
      isBusy = false;
    }
  }

  return {
    rotate: (): Promise<Rotation> =>
      guarded(async () => {
        const stored = readCredentials(dataDir, device);
        if (!stored || stored.secret !== credentials.secret)
          return {
            ok: false,
            code: 'NOT_ROTATABLE',
            detail: 'the secret in use does not come from credentials.json (VOLTBAY_STATION_SECRET is set?)',
          };
        const { secret, oldValidUntil } = await api.rotateSecret();
        writeCredentials(dataDir, { device, secret: stored.secret, next: secret });
        if (!(await confirm(stored.secret, secret)))
          return { ok: false, code: 'NOT_CONFIRMED', detail: 'the hub refused its own new secret' };
        return { ok: true, oldValidUntil };
      }),
    /** Ends an exchange that an earlier process left half done. */
    async resume(): Promise<void> {
      try {
        const stored = readCredentials(dataDir, device);
        if (stored?.next !== undefined) await confirm(stored.secret, stored.next);
      } catch (error) {
        log.warn(
          { reason: messageOf(error) },
          'the new secret is not confirmed yet; tried at the next start',
        );
      }
    },
  };
}
