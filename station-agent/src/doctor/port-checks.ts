import { realpath } from 'node:fs/promises';
import { type LinkDeps, withLink } from '../capture/with-link.js';
import type { HardwareConfig } from '../hardware/config.js';
import { type SerialErrorCode, SerialPortError } from '../transports/serial/serial-error.js';
import { type CauseCode, type Finding, ok, problem } from './finding.js';
import { holdersOf } from './other-agents.js';

const CAUSE_OF: Readonly<Record<SerialErrorCode, CauseCode>> = {
  PORT_MISSING: 'port-missing',
  PORT_LOCKED: 'port-locked',
  PORT_FORBIDDEN: 'port-forbidden',
  PORT_NOT_SERIAL: 'port-not-serial',
  PORT_FAILED: 'port-failed',
};

/** Opens every configured port once. The names of those that opened go on to the next checks. */
export async function checkPorts(
  config: HardwareConfig,
  deps: LinkDeps,
): Promise<{ findings: Finding[]; usable: Set<string> }> {
  const findings: Finding[] = [];
  const usable = new Set<string>();
  for (const [name, { path, baudRate }] of Object.entries(config.ports)) {
    const subject = `${name} (${path})`;
    try {
      await withLink({ path, baudRate }, deps, async () => {});
      usable.add(name);
      findings.push(ok('ports', `opens at ${baudRate}`, subject));
    } catch (error) {
      if (!(error instanceof SerialPortError)) throw error;
      const holders = error.code === 'PORT_LOCKED' ? await namesOfHolders(path) : '';
      findings.push(problem('ports', CAUSE_OF[error.code], error.message + holders, subject));
    }
  }
  return { findings, usable };
}

async function namesOfHolders(path: string): Promise<string> {
  const device = await realpath(path).catch(() => path);
  const pids = (await holdersOf(device)).filter((pid) => pid !== process.pid);
  return pids.length > 0 ? ` Held by pid ${pids.join(', ')}.` : '';
}
