import type { BluetoothAdapter } from '../ble/hci-server.js';
import type { BlePeripheral } from '../ble/peripheral.js';
import { createManualClock, type ManualClock } from '../clock.js';
import { encodeLine } from '../devices/cabinet/line.js';
import { SimulatorError } from '../errors.js';
import type { VirtualPort } from '../pty/virtual-port.js';
import type { StationConfig } from './config.js';
import { createVirtualStation, type VirtualStation } from './station.js';

/** A station on the bench: wires in memory, time moved by hand. The same calls give the same bytes. */
export interface Bench {
  readonly station: VirtualStation;
  readonly clock: ManualClock;
  /** Sends bytes into a pack port; returns all that came back. */
  exchange(port: string, bytes: Uint8Array): Uint8Array;
  /** Sends a cabinet request such as `OPEN,5,token-1`; returns the answer without its number, or undefined when none came. */
  ask(request: string): string | undefined;
  /** Bodies of the event lines since the last call. */
  events(): string[];
  /** Serials that are on the air. */
  onAir(): string[];
}

/** Long enough for a lock motor, shorter than anything else of the cabinet. */
const ANSWER_MS = 200;

export async function createBench(config: StationConfig): Promise<Bench> {
  const clock = createManualClock();
  const ports = new Map<string, { receive(bytes: Uint8Array): void; sent: Buffer[] }>();
  const radio = createMemoryRadio();
  const station = await createVirtualStation(config, {
    clock,
    tickMs: 1_000,
    media: {
      openPort: ({ link, onData }) => createMemoryPort(link, onData, ports),
      openRadio: async () => radio.adapter,
    },
  });
  let events: string[] = [];
  let answers: string[] = [];
  let nextId = 0;

  function portOf(name: string) {
    const found = [...ports].find(([link]) => link.endsWith(`tty-${name}`))?.[1];
    if (found) return found;
    throw new SimulatorError('SIM_NO_PORT', `no port ${name}`);
  }

  /** Sorts what the cabinet has said so far into answers and events. */
  function hear(): void {
    const text = Buffer.concat(portOf('cabinet').sent.splice(0)).toString('latin1');
    const bodies = text.split('\r\n').flatMap((line) => (line ? [line.slice(1, -3)] : []));
    answers = [...answers, ...bodies.filter((body) => body.startsWith('R,'))];
    events = [...events, ...bodies.filter((body) => body.startsWith('E,'))];
  }

  return {
    station,
    clock,
    exchange(name, bytes) {
      const port = portOf(name);
      port.sent.length = 0;
      port.receive(bytes);
      return Buffer.concat(port.sent.splice(0));
    },
    ask(request) {
      nextId = (nextId % 65_535) + 1;
      portOf('cabinet').receive(Buffer.from(encodeLine([`C,${nextId}`, request]), 'latin1'));
      clock.advance(ANSWER_MS);
      hear();
      const prefix = `R,${nextId},`;
      const found = answers.find((body) => body.startsWith(prefix));
      answers = [];
      return found?.slice(prefix.length);
    },
    events() {
      hear();
      return events.splice(0);
    },
    onAir: () => radio.names(),
  };
}

function createMemoryPort(
  link: string,
  onData: (bytes: Uint8Array, arrivedMs: number) => void,
  ports: Map<string, { receive(bytes: Uint8Array): void; sent: Buffer[] }>,
): VirtualPort {
  let plugged = true;
  const sent: Buffer[] = [];
  ports.set(link, {
    sent,
    receive: (bytes) => {
      if (plugged) onData(bytes, 0);
    },
  });
  return {
    link,
    plugged: () => plugged,
    send: (bytes) => {
      if (plugged) sent.push(Buffer.from(bytes));
    },
    // Memory has no line speed to disagree about.
    setDeviceBaudRate: () => undefined,
    unplug() {
      plugged = false;
    },
    replug() {
      plugged = true;
    },
    lostBytes: () => 0,
    close() {
      plugged = false;
    },
  };
}

function createMemoryRadio() {
  const peripherals = new Map<string, BlePeripheral>();
  let powered = true;
  const adapter: BluetoothAdapter = {
    url: 'memory:',
    add: (peripheral) => peripherals.set(peripheral.address, peripheral),
    remove: (address) => peripherals.delete(address),
    connected: () => [],
    powered: () => powered,
    async setPowered(on) {
      powered = on;
    },
    async close() {},
  };
  return {
    adapter,
    names: () => (powered ? [...peripherals.values()].filter((p) => p.connectable()).map((p) => p.name) : []),
  };
}
