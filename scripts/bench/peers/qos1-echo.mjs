// The least that answers a command durably: takes a message with QoS 1, writes one row with fsync, publishes the answer with QoS 1.
import Database from 'better-sqlite3';
import mqtt from 'mqtt';

const { mqttUrl, file, askTopic, answerTopic } = JSON.parse(process.argv[2]);
const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('CREATE TABLE IF NOT EXISTS commands (at INTEGER, body TEXT)');
const insert = db.prepare('INSERT INTO commands (at, body) VALUES (?, ?)');
const client = await mqtt.connectAsync(mqttUrl, { keepalive: 60 });
client.stream.setNoDelay?.(true);
client.on('message', (_topic, payload) => {
  insert.run(Date.now(), payload.toString('utf8'));
  client.publish(answerTopic, payload, { qos: 1 });
});
await client.subscribeAsync(askTopic, { qos: 1 });
process.on('SIGTERM', () => void client.endAsync(true).then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
