// Node-RED 4 in this process with one flow; resolves when its MQTT node `connectedId` is connected, which is when it works.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const RED = createRequire(import.meta.url)('node-red');

/** Node-RED takes a value that equals a node's id for a reference to it: no id may be a word of the flow. */
export async function runFlow({ dir, flow, globals, connectedId }) {
  const userDir = join(dir, 'node-red');
  mkdirSync(userDir, { recursive: true });
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow));
  RED.init(createServer(), {
    userDir,
    flowFile: 'flows.json',
    httpAdminRoot: false,
    httpNodeRoot: false,
    functionGlobalContext: globals,
    logging: { console: { level: 'warn', metrics: false, audit: false } },
  });
  // Started means loaded: the connection follows when the broker has answered.
  const connected = new Promise((resolve) => {
    RED.events.on('node-status', ({ id, status }) => {
      if (id === connectedId && /connected$/.test(status?.text ?? '') && status.fill === 'green') resolve();
    });
  });
  await RED.start();
  await connected;
  process.on('SIGTERM', () => void RED.stop().then(() => process.exit(0)));
}

/** The broker's configuration node. */
export const brokerNode = (id, mqttUrl) => {
  const { hostname, port } = new URL(mqttUrl);
  const session = { autoConnect: true, protocolVersion: '4', keepalive: '60', cleansession: true };
  return { id, type: 'mqtt-broker', broker: hostname, port, clientid: 'node-red', usetls: false, ...session };
};
