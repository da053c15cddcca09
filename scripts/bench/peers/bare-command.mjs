// The hops of an operator's command and nothing else: a POST, one document stored beside one QoS 1 message there and one back, the answer.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { MongoClient } from 'mongodb';
import mqtt from 'mqtt';
import { startDocumentServer } from '../../../cloud-hub/dist/document-server/index.js';

const { mqttUrl, file, askTopic, answerTopic } = JSON.parse(process.argv[2]);
const store = await startDocumentServer({ file });
const mongo = await new MongoClient(store.uri, { writeConcern: { w: 'majority', journal: true } }).connect();
const commands = mongo.db('bench').collection('commands');
await commands.createIndex({ createdAt: 1 });
const client = await mqtt.connectAsync(mqttUrl, { keepalive: 60 });
client.stream.setNoDelay?.(true);
const waiting = new Map();
client.on('message', (_topic, payload) => {
  const { id } = JSON.parse(payload.toString('utf8'));
  waiting.get(id)?.(id);
  waiting.delete(id);
});
await client.subscribeAsync(answerTopic, { qos: 1 });
let asked = 0;

async function answer(request, response) {
  const { name } = JSON.parse(await text(request));
  const id = `c-${asked++}`;
  const command = { _id: id, name, state: 'done', createdAt: new Date().toISOString() };
  const answered = new Promise((resolve) => waiting.set(id, resolve));
  client.publish(askTopic, JSON.stringify({ type: 2, id }), { qos: 1 });
  await new Promise((resolve) => process.nextTick(resolve));
  await Promise.all([commands.insertOne(command), answered]);
  response.writeHead(201, { 'Content-Type': 'application/json' }).end(JSON.stringify({ ...command, id }));
}

const server = createServer({ noDelay: true }, (request, response) => {
  answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
}).listen(0, '127.0.0.1', () => {
  const apiUrl = `http://127.0.0.1:${server.address().port}`;
  process.stdout.write(`${JSON.stringify({ ready: true, apiUrl })}\n`);
});
process.on('SIGTERM', () => void mongo.close().then(() => process.exit(0)));
