import { arch, cpus, freemem, loadavg, platform, release, totalmem, uptime } from 'node:os';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { systemClock } from '../clock.js';
import type { AgentConfig } from '../config/config.js';
import { readCredentials } from '../config/credentials.js';
import { type DoctorDeps, examine, MIN_FREE_MIB } from '../doctor/examine.js';
import { findingLine } from '../doctor/render.js';
import { messageOf } from '../errors.js';
import { incidentFiles, readIncident } from '../incident/incident-files.js';
import { createLogger } from '../logger.js';
import { agentVersion } from '../version.js';
import { redact } from './redact.js';

/** What is asked of the running agent, or of its database. */
export const BUNDLE_QUESTIONS = [
  'status',
  'slots',
  'packs',
  'queue-stats',
  'queue-peek',
  'quarantine',
  'commands',
  'swaps',
] as const;
export type BundleQuestion = (typeof BUNDLE_QUESTIONS)[number];
const ROWS = 100;
const INCIDENTS = 5;

export type BundleSources = {
  /** Where the doctor reads it from; null = no examination. */
  configFile: string | null;
  config: AgentConfig;
  env: Readonly<Record<string, string | undefined>>;
  ask(question: BundleQuestion, args: { limit: number }): Promise<unknown>;
  askDoctorsAgent: DoctorDeps['askAgent'];
  t: (en: string, zh: string) => string;
  /** The latest lines of the agent's log, when it runs. */
  logLines?: readonly string[];
};

const gzipped = promisify(gzip);

/** Everything support asks for, as gzipped JSON without secrets. A part that cannot be had is named with the reason. */
export async function diagnosticsBundle(
  sources: BundleSources,
): Promise<{ gzip: Uint8Array; findings: number; at: string }> {
  const { config, configFile, env, t } = sources;
  const at = new Date(systemClock.nowMs()).toISOString();
  const answers: Record<string, unknown> = {};
  for (const question of BUNDLE_QUESTIONS)
    answers[question] = await sources.ask(question, { limit: ROWS }).catch((error: unknown) => ({
      error: messageOf(error),
    }));
  const findings =
    configFile === null
      ? []
      : await examine(configFile, {
          clock: systemClock,
          log: createLogger('silent'),
          env,
          minFreeMiB: MIN_FREE_MIB,
          askAgent: sources.askDoctorsAgent,
        });
  const bundle = {
    format: 'voltbay-diagnostics/1',
    at,
    device: config.device,
    versions: { agent: agentVersion(), node: process.versions.node },
    machine: {
      platform: platform(),
      release: release(),
      arch: arch(),
      cpus: cpus().length,
      memoryMiB: { total: toMiB(totalmem()), free: toMiB(freemem()) },
      load: loadavg(),
      uptimeS: Math.round(uptime()),
    },
    config,
    findings: findings.map((one) => findingLine(one, t)),
    answers,
    // Swaps that went wrong, ready to be played back.
    incidents: incidentFiles(config.dataDir, INCIDENTS).map(readIncidentOrReason),
    ...(sources.logLines && { log: sources.logLines }),
  };
  const clean = JSON.stringify(redact(bundle, secretsOf(config, env)));
  return { gzip: await gzipped(clean), findings: findings.length, at };
}

function readIncidentOrReason(file: string): unknown {
  try {
    return readIncident(file);
  } catch (error) {
    return { file, error: messageOf(error) };
  }
}

const toMiB = (bytes: number): number => Math.round(bytes / 1_048_576);

/** The secrets of this station, to be removed wherever they stand. */
export function secretsOf(
  { dataDir, device }: Pick<AgentConfig, 'dataDir' | 'device'>,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const secrets: string[] = env.VOLTBAY_STATION_SECRET ? [env.VOLTBAY_STATION_SECRET] : [];
  try {
    const stored = readCredentials(dataDir, device);
    if (stored) secrets.push(stored.secret, ...(stored.next === undefined ? [] : [stored.next]));
  } catch {
    // A damaged credentials file is a finding of doctor; there is no secret to remove then.
  }
  return secrets;
}
