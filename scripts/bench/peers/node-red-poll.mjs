// Node-RED 4 with a flow that reads Pylontech packs over a serial port once a second, two questions to each pack, and publishes what they say
// as often as the agent reports. It keeps nothing, numbers nothing and judges nothing. How many reads there were is told over HTTP, as the
// agent's metrics are.
import { createServer } from 'node:http';
import { SerialPort } from 'serialport';
import { brokerNode, runFlow } from './node-red-flow.mjs';

const { path, baudRate, addresses, mqttUrl, topic, reportEveryRounds, dir } = JSON.parse(process.argv[2]);
const port = new SerialPort({ path, baudRate });
await new Promise((resolve, reject) => {
  port.once('open', resolve);
  port.once('error', reject);
});

const ANSWER_MS = 500;
let reads = 0;
const counted = (count) => {
  reads += count;
};
let waiting = null;
let text = '';
port.on('data', (chunk) => {
  text += chunk.toString('latin1');
  const end = text.indexOf('\r');
  if (end < 0) return;
  const line = text.slice(text.lastIndexOf('~', end), end);
  text = text.slice(end + 1);
  waiting?.(line);
});

/** `~`, version, address, 46, command, length with its own checksum, one byte, checksum, CR; all in hex digits. */
function request(address, command) {
  const hex = (value, digits) => value.toString(16).toUpperCase().padStart(digits, '0');
  const body = `20${hex(address, 2)}46${command}E002${hex(address, 2)}`;
  const sum = [...body].reduce((total, character) => total + character.charCodeAt(0), 0);
  return `~${body}${hex(-sum & 0xffff, 4)}\r`;
}

const ask = (address, command) =>
  new Promise((resolve) => {
    const done = (line) => {
      clearTimeout(timer);
      waiting = null;
      resolve(line);
    };
    const timer = setTimeout(done, ANSWER_MS, null);
    waiting = done;
    port.write(request(address, command));
  });

const flow = [
  { id: 'n-tab', type: 'tab', label: 'poll' },
  brokerNode('n-broker', mqttUrl),
  {
    ...{ id: 'n-every', type: 'inject', z: 'n-tab', repeat: '1', once: true, onceDelay: 0.1, topic: '' },
    ...{ payload: '', payloadType: 'date', props: [{ p: 'payload' }], wires: [['n-poll']] },
  },
  {
    ...{ id: 'n-poll', type: 'function', z: 'n-tab', outputs: 1, wires: [['n-json']] },
    func: [
      "if (context.get('busy')) return null;",
      "context.set('busy', true);",
      "const ask = global.get('ask');",
      'const word = (line, at) => parseInt(line.substr(at, 4), 16);',
      'const readings = [];',
      "for (const address of global.get('addresses')) {",
      "  const line = await ask(address, '42');",
      "  const alarms = await ask(address, '44');",
      '  if (!line || !alarms) continue;',
      '  const cells = parseInt(line.substr(17, 2), 16);',
      '  const cellMv = Array.from({ length: cells }, (_, i) => word(line, 19 + 4 * i));',
      '  const sensorsAt = 19 + 4 * cells;',
      '  const sensors = parseInt(line.substr(sensorsAt, 2), 16);',
      '  const temperatures = Array.from({ length: sensors }, (_, i) => word(line, sensorsAt + 2 + 4 * i) - 2731);',
      '  const at = sensorsAt + 2 + 4 * sensors;',
      '  const current = (word(line, at) << 16) >> 16;',
      '  const voltageMv = word(line, at + 4);',
      '  readings.push({ address, cellMv, temperatures, currentMa: current * 100, voltageMv, alarms: alarms.slice(17, -4) });',
      '}',
      "context.set('busy', false);",
      "global.get('counted')(readings.length);",
      "const round = context.get('round') ?? 0;",
      "context.set('round', round + 1);",
      "if (round % global.get('reportEveryRounds') > 0) return null;",
      'return { payload: { readings, time: new Date().toISOString() } };',
    ].join('\n'),
  },
  { id: 'n-json', type: 'json', z: 'n-tab', property: 'payload', action: 'str', wires: [['n-out']] },
  {
    ...{ id: 'n-out', type: 'mqtt out', z: 'n-tab', topic, qos: '1', retain: 'false' },
    ...{ broker: 'n-broker', wires: [] },
  },
];
await runFlow({ dir, flow, globals: { ask, addresses, counted, reportEveryRounds }, connectedId: 'n-out' });
const server = createServer((_request, response) => response.end(String(reads)));
server.listen(0, '127.0.0.1', () => {
  const countUrl = `http://127.0.0.1:${server.address().port}`;
  process.stdout.write(`${JSON.stringify({ ready: true, countUrl })}\n`);
});
