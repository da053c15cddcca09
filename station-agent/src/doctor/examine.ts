import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LinkDeps } from '../capture/with-link.js';
import type { AgentConfig } from '../config/config.js';
import { readCredentials } from '../config/credentials.js';
import { loadConfig } from '../config/effective.js';
import { createRegistry } from '../drivers/registry.js';
import { messageOf } from '../errors.js';
import { type LoadNoble, loadNoble } from '../transports/ble/noble-api.js';
import { SerialPortError } from '../transports/serial/serial-error.js';
import { checkBle } from './ble-check.js';
import { checkBus, checkCabinet, type DeviceDeps } from './device-checks.js';
import { type Finding, ok, problem, skipped } from './finding.js';
import { judgeClock, visitApi, visitBroker } from './hub-checks.js';
import { judgeLive, type LiveSlot, type LiveStatus, portsHeld } from './live-agent.js';
import { checkClockLocally, checkDatabase, checkDisk, configFinding } from './local-checks.js';
import { type RunningAgent, runningAgents } from './other-agents.js';
import { checkPorts } from './port-checks.js';

/** Room for a day of backlog, a journal and a diagnostics bundle. */
export const MIN_FREE_MIB = 256;

export type DoctorDeps = LinkDeps & {
  env: Readonly<Record<string, string | undefined>>;
  /** The running agent's answers; null when none runs on the data directory. */
  askAgent(dataDir: string): Promise<{ status: LiveStatus; slots: LiveSlot[] } | null>;
  minFreeMiB?: number;
  minCabinetFirmware?: string;
  loadNoble?: LoadNoble;
  fetch?: typeof fetch;
  processes?: () => Promise<RunningAgent[]>;
  /** Told each finding as it is made. */
  onFinding?(finding: Finding): void;
};

/** All checks of one station. A check that cannot be made is `skipped`, with the reason. */
export async function examine(configFile: string, deps: DoctorDeps): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (found: readonly Finding[]): void => {
    for (const finding of found) {
      findings.push(finding);
      deps.onFinding?.(finding);
    }
  };
  let config: AgentConfig;
  try {
    config = loadConfig(configFile);
    add([ok('config', `valid, hash ${config.hash}`, configFile)]);
  } catch (error) {
    add([configFinding(error, configFile)]);
    return findings;
  }
  add(await checkDisk(config.dataDir, deps.minFreeMiB ?? MIN_FREE_MIB));
  add(checkDatabase(config.dataDir));
  const live = await deps.askAgent(config.dataDir).catch(() => null);
  add(await checkAgents(config, configFile, live?.status.pid ?? null, deps));
  add(await checkHardware(config, live, deps));
  add(await checkHub(config, live?.status ?? null, deps));
  return findings;
}

/** Agents that share this station's data, device number or ports. Others on the machine serve other stations. */
async function checkAgents(
  config: AgentConfig,
  configFile: string,
  livePid: number | null,
  deps: DoctorDeps,
): Promise<Finding[]> {
  const agents = await (deps.processes ?? runningAgents)();
  const rivals = agents.filter(
    ({ pid, config: file }) => pid !== livePid && sharesStation(config, configFile, file),
  );
  const [first] = rivals;
  // Without an answer on the socket one agent on the config file is the station's own, starting or stopping.
  if (first && (livePid !== null || rivals.length > 1))
    return [
      problem(
        'agents',
        'two-agents',
        [...(livePid === null ? [] : [`pid ${livePid} (answers)`]), ...rivals.map(describeAgent)].join(', '),
      ),
    ];
  if (first && livePid === null && first.config !== null && resolve(first.config) !== resolve(configFile))
    return [problem('agents', 'two-agents', `${describeAgent(first)} uses this station’s number or ports`)];
  return [
    livePid === null
      ? skipped('agents', 'no agent runs on this data directory')
      : ok('agents', `one, pid ${livePid}`),
  ];
}

const describeAgent = ({ pid, config }: RunningAgent): string => `pid ${pid} (config ${config ?? '?'})`;

function sharesStation(config: AgentConfig, configFile: string, otherFile: string | null): boolean {
  if (otherFile === null || !existsSync(otherFile)) return false;
  if (resolve(otherFile) === resolve(configFile)) return true;
  try {
    const other = JSON.parse(readFileSync(otherFile, 'utf8')) as {
      device?: unknown;
      hub?: { mqttUrl?: unknown };
      hardware?: { ports?: Record<string, { path?: unknown }> };
    };
    if (other.device === config.device && other.hub?.mqttUrl === config.hub.mqttUrl) return true;
    const mine = new Set(Object.values(config.hardware.ports).map(({ path }) => path));
    return Object.values(other.hardware?.ports ?? {}).some(({ path }) => mine.has(String(path)));
  } catch {
    return false;
  }
}

async function checkHardware(
  config: AgentConfig,
  live: { status: LiveStatus; slots: LiveSlot[] } | null,
  deps: DoctorDeps,
): Promise<Finding[]> {
  const { hardware } = config;
  const registry = createRegistry();
  const minCabinetFirmware = deps.minCabinetFirmware ?? hardware.cabinet.minFirmware;
  const { clock, log } = deps;
  if (live) {
    const held = portsHeld(live.status, hardware);
    const free = Object.fromEntries(Object.entries(hardware.ports).filter(([name]) => !held.has(name)));
    const opened = await checkPorts({ ...hardware, ports: free }, { clock, log });
    return [
      ...[...held].map((name) => ok('ports', 'in use by the running agent', name)),
      ...opened.findings,
      ...judgeLive(live.status, live.slots, hardware, minCabinetFirmware, clock.nowMs()),
    ];
  }
  const devices: DeviceDeps = { clock, log, registry, minCabinetFirmware };
  const { findings, usable } = await checkPorts(hardware, { clock, log });
  const cabinet = usable.has(hardware.cabinet.port)
    ? await checkCabinet(hardware, devices).catch((error: unknown) => ({
        findings: [lostPort(hardware.cabinet.port, error)],
        slots: null,
      }))
    : { findings: [skipped('cabinet', 'its port does not open')], slots: null };
  findings.push(...cabinet.findings);
  for (const port of usable)
    if (port !== hardware.cabinet.port)
      findings.push(
        ...(await checkBus(port, hardware, cabinet.slots, devices).catch((error) => [lostPort(port, error)])),
      );
  const needsBle = hardware.slots.some(({ pack }) => registry.pack(pack?.driver ?? '')?.transport === 'ble');
  if (needsBle) findings.push(await checkBle(deps.loadNoble ?? loadNoble, log));
  else findings.push(skipped('bluetooth', 'no slot uses it'));
  return findings;
}

/** A port that opened a moment ago and does not any more. Other errors are thrown on. */
function lostPort(port: string, error: unknown): Finding {
  if (!(error instanceof SerialPortError)) throw error;
  return problem('ports', 'port-failed', error.message, port);
}

async function checkHub(config: AgentConfig, live: LiveStatus | null, deps: DoctorDeps): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { device, dataDir, hub } = config;
  let secret: string | null = deps.env.VOLTBAY_STATION_SECRET || null;
  try {
    secret ??= readCredentials(dataDir, device)?.secret ?? null;
    if (secret === null)
      findings.push(
        problem(
          'credentials',
          'credentials-missing',
          config.enrolCode === undefined
            ? 'no secret and no enrolCode'
            : 'enrolCode is set but was not used yet',
          device,
        ),
      );
  } catch (error) {
    findings.push(problem('credentials', 'credentials-damaged', messageOf(error), device));
  }
  const identity = { device, secret };
  const api = await visitApi(hub.apiUrl, identity, () => deps.clock.nowMs(), deps.fetch);
  findings.push(...api.findings);
  if (live?.hub.state === 'up') findings.push(ok('broker', 'the agent is connected', hub.mqttUrl));
  else {
    const broker = await visitBroker(hub.mqttUrl, identity);
    const refused = findings.some((one) => 'cause' in one && one.cause === 'credentials-wrong');
    findings.push(
      ...broker.filter((one) => !(refused && 'cause' in one && one.cause === 'credentials-wrong')),
    );
    if (live && broker.every(({ state }) => state === 'ok'))
      findings.push(
        problem(
          'broker',
          'identity-contested',
          `agent: ${live.hub.state}, ${live.hub.lastError ?? 'no error'}`,
        ),
      );
  }
  if (api.clock) findings.push(judgeClock(api.clock));
  else findings.push(...(await checkClockLocally(dataDir, deps.clock.nowMs())));
  return findings;
}
