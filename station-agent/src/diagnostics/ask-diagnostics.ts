import { createHash } from 'node:crypto';
import type { AskDiagnosticsData } from '@voltbay/protocol';
import { z } from 'zod';
import type { Command, CommandReport, Settlement } from '../commands/intake.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import { type HubApi, HubApiError } from '../rest/hub-api.js';
import type { LogShipper } from './log-shipper.js';

/** The hub takes no more. */
const MAX_BUNDLE_BYTES = 20 * 1_048_576;
const UPLOAD_TRIES = 3;
const UPLOAD_PAUSE_MS = 2_000;
const answerSchema = z.object({ id: z.string() });

/** SERVER_ASK_DIAGNOSTICS: log lines as STATION_LOG, and the bundle of `diag collect` uploaded with the station's token. */
export function createAskDiagnostics(deps: {
  api: HubApi;
  logs: LogShipper | null;
  bundle: () => Promise<Uint8Array>;
  log: Logger;
  signal: AbortSignal;
}) {
  const { api, logs, log, signal } = deps;

  async function upload(path: string, gzip: Uint8Array): Promise<string> {
    const digest = `sha-256=:${createHash('sha256').update(gzip).digest('base64')}:`;
    for (let tries = 1; ; tries++) {
      try {
        const headers = { 'content-type': 'application/gzip', 'content-digest': digest };
        return (await api.upload(path, gzip, headers, answerSchema)).id;
      } catch (error) {
        const again = error instanceof HubApiError && error.retryable && tries < UPLOAD_TRIES;
        if (!again || signal.aborted) throw error;
        log.warn({ reason: messageOf(error), tries }, 'bundle not uploaded; tried again');
        await new Promise((resolve) => setTimeout(resolve, UPLOAD_PAUSE_MS * tries).unref());
      }
    }
  }

  return async (command: Command, report: CommandReport): Promise<Settlement> => {
    const { uploadPath, bundle = true, logs: wanted } = (command.data ?? {}) as AskDiagnosticsData;
    if (bundle && (uploadPath === undefined || !/^\/[a-z]+\/v0\/[\w./-]+$/i.test(uploadPath)))
      return {
        state: 'rejected',
        reason: 'BAD_COMMAND',
        detail: 'uploadPath: a path on the hub is needed, such as /core/v0/…',
      };
    if (report.isLate()) return { state: 'expired', reason: 'EXPIRED' };
    report.started();
    const lines = wanted && logs ? logs.request(wanted) : 0;
    const told = wanted ? { lines } : {};
    if (!bundle || uploadPath === undefined) return { state: 'done', result: told };
    const gzip = await deps.bundle();
    if (gzip.byteLength > MAX_BUNDLE_BYTES)
      return { state: 'failed', reason: 'BUNDLE_TOO_LARGE', detail: `${gzip.byteLength} bytes` };
    try {
      const bundleId = await upload(uploadPath, gzip);
      return { state: 'done', result: { bundleId, sizeBytes: gzip.byteLength, ...told } };
    } catch (error) {
      if (!(error instanceof HubApiError)) throw error;
      return { state: 'failed', reason: 'UPLOAD_FAILED', detail: error.message.slice(0, 500) };
    }
  };
}
