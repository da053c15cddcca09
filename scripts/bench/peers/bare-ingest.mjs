// The least that takes a station's messages to disk: a subscriber that inserts what has come in since the last insert, in bulk, and only
// then says how many are stored. It checks nothing, knows no repeat, and forgets what a crash interrupts.
import { MongoClient } from 'mongodb';
import mqtt from 'mqtt';

const { storeUri, mqttUrl, topic, doneTopic, maxBatch } = JSON.parse(process.argv[2]);
const store = await new MongoClient(storeUri).connect();
const messages = store.db('bare').collection('messages');
const broker = await mqtt.connectAsync(mqttUrl, { keepalive: 60 });
await broker.subscribeAsync(topic, { qos: 1 });

const waiting = [];
let running = false;
let stored = 0;
broker.on('message', (_topic, payload) => {
  waiting.push(JSON.parse(payload.toString('utf8')));
  if (!running) void drain();
});

async function drain() {
  running = true;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, maxBatch);
    await messages.insertMany(batch, { ordered: false });
    stored += batch.length;
    broker.publish(doneTopic, String(stored), { qos: 1 });
  }
  running = false;
}

process.on('SIGTERM', () => void broker.endAsync(true).then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
