import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DoctorDeps, examine } from '../../src/doctor/examine.js';
import type { Finding } from '../../src/doctor/finding.js';
import { quietLog, realClock } from '../hardware/support/bench.js';

export type HubAddresses = { apiUrl: string; mqttUrl: string };
export const NOWHERE: HubAddresses = { apiUrl: 'http://127.0.0.1:9', mqttUrl: 'mqtt://127.0.0.1:9' };
export const NO_STATION = {
  ports: { cabinet: { path: '/nowhere/tty', baudRate: 115_200 } },
  cabinet: { driver: 'cabinet-v1', port: 'cabinet' },
  slots: [{ slot: 1, packClass: 'A' }],
};

export function writeDoctorConfig(dir: string, hardware: unknown, hub: HubAddresses = NOWHERE): string {
  const file = join(dir, 'agent.json');
  writeFileSync(file, JSON.stringify({ device: '1231', hub, dataDir: 'data', hardware }));
  return file;
}

/** The doctor's examination where nothing runs beside it. */
export function look(file: string, over: Partial<DoctorDeps> = {}): Promise<Finding[]> {
  return examine(file, {
    clock: realClock,
    log: quietLog,
    env: {},
    minFreeMiB: 1,
    askAgent: () => Promise.resolve(null),
    processes: () => Promise.resolve([]),
    ...over,
  });
}

/** Check and cause of everything that is wrong; checks that the test does not break are left out. */
export const troubles = (findings: readonly Finding[], ...checks: Finding['check'][]): string[] =>
  findings.flatMap((one) =>
    'cause' in one && checks.includes(one.check) ? [`${one.check}: ${one.cause}`] : [],
  );
export const finding = (findings: readonly Finding[], cause: string): Finding | undefined =>
  findings.find((one) => 'cause' in one && one.cause === cause);
