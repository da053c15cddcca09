/**
 * Drives real noble from its own process, one JSON command a line on stdin, one JSON answer a line on stdout. Started
 * with the preload, so that noble's HCI code meets the virtual adapter.
 */
'use strict';
const noble = require('@abandonware/noble/with-custom-binding')({});
const readline = require('node:readline');

const found = new Map();
const links = new Map();
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

noble.on('stateChange', (state) => say({ event: 'state', state }));
noble.on('discover', (peripheral) => {
  const name = peripheral.advertisement.localName;
  if (!name) return;
  found.set(name, peripheral);
  say({ event: 'found', name, address: peripheral.address, services: peripheral.advertisement.serviceUuids });
});

const commands = {
  async scan({ on, services }) {
    if (on) await noble.startScanningAsync(services || ['ff00'], true);
    else await noble.stopScanningAsync();
  },
  async connect({ name, service = 'ff00', notify: notifyUuid = 'ff01', write: writeUuid = 'ff02' }) {
    const peripheral = found.get(name);
    peripheral.removeAllListeners('disconnect');
    await peripheral.connectAsync();
    peripheral.once('disconnect', () => say({ event: 'gone', name }));
    const { characteristics } = await peripheral.discoverSomeServicesAndCharacteristicsAsync([service], []);
    const of = (uuid) => characteristics.find((one) => one.uuid === uuid);
    const [notify, write] = [of(notifyUuid), of(writeUuid)];
    notify.on('data', (data) => say({ event: 'data', name, hex: data.toString('hex') }));
    await notify.subscribeAsync();
    links.set(name, { peripheral, write });
    return { characteristics: characteristics.map((one) => [one.uuid, one.properties]) };
  },
  async write({ name, hex }) {
    await links.get(name).write.writeAsync(Buffer.from(hex, 'hex'), true);
  },
  async rssi({ name }) {
    return { rssi: await links.get(name).peripheral.updateRssiAsync() };
  },
  async disconnect({ name }) {
    await links.get(name).peripheral.disconnectAsync();
  },
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, command, ...rest } = JSON.parse(line);
  commands[command](rest).then(
    (result) => say({ id, ok: true, result }),
    (error) => say({ id, ok: false, error: String(error) }),
  );
});
process.stdin.on('end', () => process.exit(0));
say({ event: 'state', state: noble.state ?? noble._state });
