// Node-RED 4 with the flow that a user would draw for it: MQTT in → JSON → store → MQTT out, one message at a time, same store, same durability.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';

const RED = createRequire(import.meta.url)('node-red');
const { storeUri, mqttUrl, topic, doneTopic } = JSON.parse(process.argv[2]);
const store = await new MongoClient(storeUri).connect();
const broker = new URL(mqttUrl);

const userDir = mkdtempSync(join(tmpdir(), 'voltbay-node-red-'));
const flow = [
  { id: 'tab', type: 'tab', label: 'ingest' },
  {
    ...{
      id: 'broker',
      type: 'mqtt-broker',
      broker: broker.hostname,
      port: broker.port,
      clientid: 'node-red',
    },
    ...{ autoConnect: true, usetls: false, protocolVersion: '4', keepalive: '60', cleansession: true },
  },
  {
    ...{ id: 'in', type: 'mqtt in', z: 'tab', topic, qos: '1', datatype: 'utf8', broker: 'broker' },
    ...{ nl: false, rap: true, rh: 0, inputs: 0, wires: [['json']] },
  },
  { id: 'json', type: 'json', z: 'tab', property: 'payload', action: 'obj', wires: [['store']] },
  {
    ...{ id: 'store', type: 'function', z: 'tab', outputs: 1, wires: [['out']] },
    func: [
      "const messages = global.get('messages');",
      'await messages.insertOne(msg.payload);',
      "const stored = (context.get('stored') ?? 0) + 1;",
      "context.set('stored', stored);",
      'return { payload: String(stored) };',
    ].join('\n'),
  },
  {
    id: 'out',
    type: 'mqtt out',
    z: 'tab',
    topic: doneTopic,
    qos: '1',
    retain: 'false',
    broker: 'broker',
    wires: [],
  },
];
writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow));

const server = createServer();
RED.init(server, {
  userDir,
  flowFile: 'flows.json',
  httpAdminRoot: false,
  httpNodeRoot: false,
  functionGlobalContext: { messages: store.db('bare').collection('messages') },
  logging: { console: { level: 'warn', metrics: false, audit: false } },
});
// Started means loaded: the subscription follows when the broker has answered.
const connected = new Promise((resolve) => {
  RED.events.on('node-status', ({ id, status }) => {
    if (id === 'in' && /connected$/.test(status?.text ?? '') && status.fill === 'green') resolve();
  });
});
await RED.start();
await connected;
process.on('SIGTERM', () => void RED.stop().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
