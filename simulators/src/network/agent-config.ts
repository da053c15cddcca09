import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The `hardware` section of the agent's configuration file, as the station simulator prints it. */
export type AgentHardware = Readonly<Record<string, unknown>>;

/** Writes the agent's configuration for a simulated station; returns the file's path. */
export function writeAgentConfig(options: {
  dir: string;
  device: string;
  apiUrl: string;
  mqttUrl: string;
  hardware: AgentHardware;
  /** Further keys, or other values than those written here. */
  settings?: Readonly<Record<string, unknown>>;
}): string {
  mkdirSync(options.dir, { recursive: true });
  const file = join(options.dir, `agent-${options.device}.json`);
  const config = {
    device: options.device,
    hub: { apiUrl: options.apiUrl, mqttUrl: options.mqttUrl },
    dataDir: `agent-${options.device}`,
    enrolCode: `DEMO-${options.device}`,
    hardware: options.hardware,
    ...options.settings,
  };
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return file;
}
