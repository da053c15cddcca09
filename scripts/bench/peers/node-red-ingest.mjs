// Node-RED 4 with the flow that a user would draw for it: MQTT in → JSON → store → MQTT out, one message at a time, same store, same durability.
import { MongoClient } from 'mongodb';
import { brokerNode, runFlow } from './node-red-flow.mjs';

const { storeUri, mqttUrl, topic, doneTopic, dir } = JSON.parse(process.argv[2]);
const store = await new MongoClient(storeUri).connect();

const flow = [
  { id: 'n-tab', type: 'tab', label: 'ingest' },
  brokerNode('n-broker', mqttUrl),
  {
    ...{ id: 'n-in', type: 'mqtt in', z: 'n-tab', topic, qos: '1', datatype: 'utf8', broker: 'n-broker' },
    ...{ nl: false, rap: true, rh: 0, inputs: 0, wires: [['n-json']] },
  },
  { id: 'n-json', type: 'json', z: 'n-tab', property: 'payload', action: 'obj', wires: [['n-store']] },
  {
    ...{ id: 'n-store', type: 'function', z: 'n-tab', outputs: 1, wires: [['n-out']] },
    func: [
      "const messages = global.get('messages');",
      'await messages.insertOne(msg.payload);',
      "const stored = (context.get('stored') ?? 0) + 1;",
      "context.set('stored', stored);",
      'return { payload: String(stored) };',
    ].join('\n'),
  },
  {
    ...{ id: 'n-out', type: 'mqtt out', z: 'n-tab', topic: doneTopic, qos: '1', retain: 'false' },
    ...{ broker: 'n-broker', wires: [] },
  },
];
const globals = { messages: store.db('bare').collection('messages') };
await runFlow({ dir, flow, globals, connectedId: 'n-in' });
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
