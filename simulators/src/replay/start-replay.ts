import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startBluetoothAdapter } from '../ble/hci-server.js';
import type { BlePeripheral, GattCharacteristic } from '../ble/peripheral.js';
import { bleEnvironment } from '../ble/preload-path.js';
import { SimulatorError } from '../errors.js';
import { attachDevice } from '../pty/serial-link.js';
import { createVirtualPort, type VirtualPort } from '../pty/virtual-port.js';
import type { CaptureCase } from './capture.js';
import type { Pacer } from './pacer.js';
import { createReplayScript, type ReplayScript } from './replay-script.js';

export interface Replay {
  readonly protocol: string;
  /** Port of a serial replay. */
  readonly port?: string;
  /** Adapter of a Bluetooth replay, and what the agent's process needs to use it. */
  readonly hciUrl?: string;
  readonly env?: Record<string, string>;
  readonly script: ReplayScript;
  close(): Promise<void>;
}

export interface ReplayOptions {
  /** Silence before each frame. */
  gapMs: number;
  baudRate: number;
  directory?: string;
  /** Name that a replayed Bluetooth device advertises. */
  name: string;
  /** Holds each frame until a person, or the wanted speed, lets it go. */
  pacer?: Pacer;
}

/** Service and characteristics by protocol. */
const GATT: ReadonlyMap<string, { service: string; notify: string; write: string }> = new Map([
  ['jbd', { service: 'ff00', notify: 'ff01', write: 'ff02' }],
  ['jk-ble', { service: 'ffe0', notify: 'ffe1', write: 'ffe1' }],
  ['daly-d2', { service: 'fff0', notify: 'fff1', write: 'fff2' }],
]);

/** Puts recorded frames behind a serial port or a Bluetooth device. All cases must be of one protocol and transport. */
export async function startReplay(cases: readonly CaptureCase[], options: ReplayOptions): Promise<Replay> {
  const [first] = cases;
  if (!first) throw new SimulatorError('SIM_CONFIG', 'no case to replay');
  const script = createReplayScript(cases);
  if (first.transport === 'ble') return startRadioReplay(first.protocol, script, options);
  const directory = options.directory
    ? resolve(options.directory)
    : mkdtempSync(join(tmpdir(), 'voltbay-sim-'));
  const line = {
    link: join(directory, `tty-${first.protocol}`),
    baudRate: options.baudRate,
    openPort: createVirtualPort,
  };
  const port = options.pacer
    ? openPacedPort(line, script, options.pacer, options.gapMs)
    : attachDevice({
        ...line,
        device: {
          receive: (bytes) =>
            script.receive(bytes).map((frame) => ({ bytes: frame, turnaroundMs: options.gapMs })),
        },
      });
  return {
    protocol: first.protocol,
    port: port.link,
    script,
    async close() {
      port.close();
      if (!options.directory) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Frames leave one after the other, each when the pacer lets it go. */
function createPacedQueue(pacer: Pacer, gapMs: number): (frame: Buffer, send: () => void) => void {
  let queue = Promise.resolve();
  let sent = 0;
  return (frame, send) => {
    queue = queue
      .then(() => {
        const index = sent++;
        return pacer.pace({ kind: `frame of ${frame.length} bytes`, atMs: (index + 1) * gapMs }, index);
      })
      .then(send);
  };
}

function openPacedPort(
  line: { link: string; baudRate: number },
  script: ReplayScript,
  pacer: Pacer,
  gapMs: number,
): VirtualPort {
  const queue = createPacedQueue(pacer, gapMs);
  const port: VirtualPort = createVirtualPort({
    ...line,
    onData(bytes) {
      for (const frame of script.receive(bytes)) queue(frame, () => port.send(frame));
    },
  });
  return port;
}

async function startRadioReplay(
  protocol: string,
  script: ReplayScript,
  options: ReplayOptions,
): Promise<Replay> {
  const gatt = GATT.get(protocol);
  if (!gatt) {
    const known = [...GATT.keys()].join(', ');
    throw new SimulatorError('SIM_CONFIG', `${protocol} cannot be replayed over Bluetooth, only ${known}`);
  }
  const adapter = await startBluetoothAdapter({ address: '00:1b:dc:00:00:fe' });
  adapter.add(replayPeripheral(gatt, script, options));
  return {
    protocol,
    hciUrl: adapter.url,
    env: bleEnvironment(adapter.url, {}),
    script,
    close: adapter.close,
  };
}

function replayPeripheral(
  gatt: { service: string; notify: string; write: string },
  script: ReplayScript,
  options: ReplayOptions,
): BlePeripheral {
  const pause = () => new Promise<void>((done) => setTimeout(done, options.gapMs).unref());
  const queue = createPacedQueue(options.pacer ?? { pace: pause, close: () => undefined }, options.gapMs);
  const onWrite: GattCharacteristic['write'] = (data, link) => {
    for (const frame of script.receive(data)) queue(frame, () => void link.notify(notify, frame));
  };
  const oneForBoth = gatt.notify === gatt.write;
  const notify: GattCharacteristic = {
    uuid: gatt.notify,
    properties: oneForBoth ? ['notify', 'write', 'writeWithoutResponse'] : ['notify'],
    write: oneForBoth ? onWrite : undefined,
  };
  const write: GattCharacteristic = {
    uuid: gatt.write,
    properties: ['write', 'writeWithoutResponse'],
    write: onWrite,
  };
  return {
    address: 'a4:c1:38:00:00:fe',
    addressType: 'public',
    name: options.name,
    services: [{ uuid: gatt.service, characteristics: oneForBoth ? [notify] : [notify, write] }],
    advertisedServices: [gatt.service],
    // Recorded notifications are replayed whole, whatever their length.
    maxMtu: 517,
    rssi: () => -55,
    connectable: () => true,
  };
}
