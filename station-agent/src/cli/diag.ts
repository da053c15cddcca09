import { existsSync, writeFileSync } from 'node:fs';
import { arch, cpus, freemem, loadavg, platform, release, totalmem, uptime } from 'node:os';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../clock.js';
import { readCredentials } from '../config/credentials.js';
import { examine } from '../doctor/examine.js';
import { findingLine } from '../doctor/render.js';
import { AgentError, messageOf } from '../errors.js';
import { agentVersion } from '../version.js';
import { busDeps, requiredConfig } from './bus-access.js';
import { type CliContext, configFileOf, type StationOptions } from './context.js';
import { askDoctorsAgent } from './doctor.js';
import { redact } from './redact.js';
import { askStation, type Question } from './station-source.js';

export type DiagOptions = StationOptions & { out?: string };

const QUESTIONS: readonly Question[] = [
  'status',
  'slots',
  'packs',
  'queue-stats',
  'queue-peek',
  'quarantine',
  'commands',
  'swaps',
];
const ROWS = 100;

/** `voltbay-agent diag collect`: everything support asks for in one compressed JSON file, without secrets. */
export async function collectDiagnostics(options: DiagOptions, context: CliContext): Promise<number> {
  const { output, t } = context;
  const config = requiredConfig(options, context);
  const at = new Date(systemClock.nowMs()).toISOString();
  const file = options.out ?? `voltbay-diag-${config.device}-${at.replaceAll(/[:.]/g, '-')}.json.gz`;
  if (existsSync(file)) throw new AgentError('BAD_USAGE', t(`${file} exists`, `${file} 已存在`));
  const secrets = secretsOf(config.dataDir, config.device, context);
  const answers: Record<string, unknown> = {};
  for (const question of QUESTIONS)
    answers[question] = await askStation(config.dataDir, question, { limit: ROWS }).catch(
      (error: unknown) => ({
        error: messageOf(error),
      }),
    );
  const findings = await examine(configFileOf(options, context) ?? '', {
    ...busDeps(),
    env: context.env,
    askAgent: askDoctorsAgent,
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
  };
  writeFileSync(file, gzipSync(JSON.stringify(redact(bundle, secrets))), { mode: 0o600 });
  output.out(
    options.json
      ? JSON.stringify({ file, findings: findings.length })
      : t(
          `${file} is written; it holds no secrets and can be sent to support`,
          `已写入 ${file}；不含密钥，可发送给技术支持`,
        ),
  );
  return 0;
}

const toMiB = (bytes: number): number => Math.round(bytes / 1_048_576);

function secretsOf(dataDir: string, device: string, context: CliContext): string[] {
  const secrets: string[] = context.env.VOLTBAY_STATION_SECRET ? [context.env.VOLTBAY_STATION_SECRET] : [];
  try {
    const stored = readCredentials(dataDir, device);
    if (stored) secrets.push(stored.secret);
  } catch {
    // A damaged credentials file is a finding of doctor; there is no secret to remove then.
  }
  return secrets;
}
