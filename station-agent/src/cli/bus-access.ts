import { realpathSync } from 'node:fs';
import type { PackTarget } from '../capture/pack-target.js';
import type { LinkDeps } from '../capture/with-link.js';
import { systemClock } from '../clock.js';
import type { AgentConfig } from '../config/config.js';
import { loadConfig } from '../config/effective.js';
import { holdersOf, runningAgents } from '../doctor/other-agents.js';
import { AgentError } from '../errors.js';
import { createLogger } from '../logger.js';
import { openDatabaseReadOnly } from '../storage/database.js';
import { readSlots } from '../storage/station-state.js';
import { type CliContext, configFileOf } from './context.js';

export const busDeps = (): LinkDeps => ({ clock: systemClock, log: createLogger('silent') });

/** The station's config when one is named; null when the command does without. */
export function optionalConfig(options: { config?: string }, context: CliContext): AgentConfig | null {
  const file = configFileOf(options, context);
  return file === undefined ? null : loadConfig(file);
}

export function requiredConfig(options: { config?: string }, context: CliContext): AgentConfig {
  const config = optionalConfig(options, context);
  if (config) return config;
  throw new AgentError(
    'BAD_USAGE',
    context.t('name the config file: --config FILE', '请用 --config 指定配置文件'),
  );
}

/** Labels as the station last saw them, by slot. */
export function tagsOf(config: AgentConfig | null): (slot: number) => string | undefined {
  const db = config && openDatabaseReadOnly(config.dataDir);
  if (!db) return () => undefined;
  try {
    const tags = new Map(readSlots(db).map(({ slot, tag }) => [slot, tag ?? undefined]));
    return (slot) => tags.get(slot);
  } finally {
    db.close();
  }
}

/**
 * Two readers on one bus garble each other: a port that a running agent holds is left to it.
 * @throws AgentError BUSY-like NOT_RUNNING naming the process and the ways out
 */
export async function leaveAgentAlone(paths: readonly string[], context: CliContext): Promise<void> {
  const agents = new Set((await runningAgents()).map(({ pid }) => pid));
  if (agents.size === 0) return;
  for (const path of paths) {
    const holder = (await holdersOf(realpathOr(path))).find((pid) => agents.has(pid));
    if (holder === undefined) continue;
    throw new Error(
      context.t(
        `the running agent (pid ${holder}) holds ${path}. Ask it instead (voltbay-agent read SLOT, packs, watch), or stop it first: systemctl stop voltbay-agent`,
        `运行中的站点程序（pid ${holder}）正在使用 ${path}。请通过它读取（voltbay-agent read 仓位、packs、watch），或先停止它：systemctl stop voltbay-agent`,
      ),
    );
  }
}

export const pathsOf = (targets: readonly PackTarget[]): string[] => [
  ...new Set(targets.flatMap((target) => (target.transport === 'serial' ? [target.path] : []))),
];

function realpathOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
