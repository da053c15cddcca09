import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgent } from '../../src/agent.js';
import type { AgentOverrides } from '../../src/agent-overrides.js';
import { type AgentConfig, parseConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/logger.js';
import type { CabinetModel } from './cabinet-model.js';

export const tempDir = (): { path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), 'vb-agent-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

export function testConfig(
  dataDir: string,
  over: {
    mqttUrl?: string;
    apiUrl?: string;
    slots?: number;
    classes?: Record<number, string>;
    raw?: Record<string, unknown>;
  } = {},
): AgentConfig {
  const slots = Array.from({ length: over.slots ?? 4 }, (_, i) => ({
    slot: i + 1,
    packClass: over.classes?.[i + 1] ?? 'A',
    pack: { driver: 'pylontech-rs485', port: 'bus1', address: i + 2 },
  }));
  return parseConfig(
    {
      device: '1231',
      hub: { apiUrl: over.apiUrl ?? 'http://127.0.0.1:9', mqttUrl: over.mqttUrl ?? 'mqtt://127.0.0.1:9' },
      dataDir,
      hardware: {
        ports: {
          cabinet: { path: '/dev/null', baudRate: 115_200 },
          bus1: { path: '/dev/zero', baudRate: 9_600 },
        },
        cabinet: { driver: 'cabinet-v1', port: 'cabinet' },
        slots,
      },
      logLevel: 'silent',
      ...over.raw,
    },
    { baseDir: dataDir },
  );
}

/** The real agent on a model cabinet. */
export async function startTestAgent(
  config: AgentConfig,
  model: CabinetModel,
  overrides: Partial<AgentOverrides> = {},
) {
  const agent = await createAgent(config, {
    createHardware: () => model.hardware,
    log: createLogger(process.env.TEST_LOG ?? 'silent'),
    secret: 'test-secret',
    ...overrides,
    swap: { tickMs: 50, verifyMs: 500, ...overrides.swap },
  });
  await agent.start();
  return agent;
}
