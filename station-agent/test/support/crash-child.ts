import { createAgent } from '../../src/agent.js';
import { crashPointFrom } from '../../src/crash-point.js';
import { createLogger } from '../../src/logger.js';
import { connectHardware } from './remote-hardware.js';
import { testConfig } from './test-agent.js';

/** What the parent says to begin; until then the process has loaded the agent and waits. */
export type Go = { go: { dataDir: string; mqttUrl: string; crashAt?: string } };

/** The agent in a process of its own, on the cabinet of the parent. */
process.on('disconnect', () => process.exit(0));
const { dataDir, mqttUrl, crashAt } = await new Promise<Go['go']>((resolve) => {
  process.once('message', (message: Go) => resolve(message.go));
});
const channel = {
  send: (message: unknown) => void process.send?.(message as object),
  onMessage: (listener: (message: unknown) => void) => void process.on('message', listener),
};
const config = testConfig(dataDir, { mqttUrl, slots: 3 });
const agent = await createAgent(config, {
  createHardware: () => connectHardware(channel),
  log: createLogger(process.env.TEST_LOG ?? 'silent'),
  secret: 'test-secret',
  crashPoint: crashPointFrom(crashAt),
  swap: { tickMs: 50, verifyMs: 2_000 },
});
await agent.start();
