import { createAgent } from '../../src/agent.js';
import { crashPointFrom } from '../../src/crash-point.js';
import { createLogger } from '../../src/logger.js';
import { connectHardware } from './remote-hardware.js';
import { testConfig } from './test-agent.js';

/** The agent in a process of its own, on the cabinet of the parent. Arguments: data directory, MQTT address. */
const [dataDir = '', mqttUrl = ''] = process.argv.slice(2);
const channel = {
  send: (message: unknown) => void process.send?.(message as object),
  onMessage: (listener: (message: unknown) => void) => void process.on('message', listener),
};
const config = testConfig(dataDir, { mqttUrl, slots: 3 });
const agent = await createAgent(config, {
  createHardware: () => connectHardware(channel),
  log: createLogger(process.env.TEST_LOG ?? 'silent'),
  secret: 'test-secret',
  crashPoint: crashPointFrom(process.env.VOLTBAY_CRASH_AT),
  swap: { tickMs: 50, verifyMs: 2_000 },
});
process.on('disconnect', () => process.exit(0));
await agent.start();
