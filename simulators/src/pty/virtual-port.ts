import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { ReadStream } from 'node:tty';
import { SimulatorError } from '../errors.js';
import { openPtyPair } from './native-pty.js';
import { createPacedWriter, type PacedWriter } from './paced-writer.js';

const BITS_PER_BYTE = 10;

export interface VirtualPortOptions {
  /** Stable name of the port: a symbolic link to the pty of the moment. */
  readonly link: string;
  /** Speed of the line; 0 = bytes travel at once. */
  readonly baudRate: number;
  /**
   * Bytes from the agent, with the monotonic time at which the last of them has travelled the wire. A pty delivers
   * them earlier than a line of that speed would.
   */
  onData(bytes: Uint8Array, arrivedMs: number): void;
}

/** A serial port whose far end is simulated. The agent opens `link` with the real serialport package. */
export interface VirtualPort {
  readonly link: string;
  plugged(): boolean;
  /** Queues bytes towards the agent; they travel at the line's speed. */
  send(bytes: Uint8Array, notBeforeMs?: number): void;
  /** Pulls the adapter: the link goes away and an open port hangs up. */
  unplug(): void;
  /** Puts the adapter back under the same name. */
  replug(): void;
  /** The device at the far end runs at this rate: while the agent's port is set to another, both hear junk. Null = any rate. */
  setDeviceBaudRate(baudRate: number | null): void;
  lostBytes(): number;
  close(): void;
}

interface Plugged {
  readonly master: number;
  readonly reader: ReadStream;
  readonly slave: ReadStream;
  readonly writer: PacedWriter;
}

export function createVirtualPort(options: VirtualPortOptions): VirtualPort {
  const { link, baudRate, onData } = options;
  const msPerByte = baudRate > 0 ? (BITS_PER_BYTE * 1000) / baudRate : 0;
  let current: Plugged | undefined;
  let lost = 0;
  let lineFreeMs = 0;
  let deviceBaudRate: number | null = null;

  function received(bytes: Uint8Array): void {
    lineFreeMs = Math.max(lineFreeMs, performance.now()) + bytes.length * msPerByte;
    onData(asHeard(bytes), lineFreeMs);
  }

  function asHeard(bytes: Uint8Array): Uint8Array {
    if (deviceBaudRate === null || !current || terminalSpeed(current.master) === deviceBaudRate) return bytes;
    return bytes.map((byte) => ((byte << 1) ^ (byte >> 3) ^ 0x95) & 0xff);
  }

  function plug(): void {
    if (current) return;
    const pair = openPtyPair();
    const reader = new ReadStream(pair.master);
    // The slave stays open here, so that the port survives the agent closing it, and raw from the start: a cooked
    // terminal would echo what is sent before the agent opens the port.
    const slaveDevice = fstatSync(pair.slave).rdev;
    const slave = new ReadStream(pair.slave);
    slave.once('close', () => closeIfStill(pair.slave, slaveDevice));
    slave.setRawMode(true);
    // An agent that closes the port shows as EIO on some systems; the pty itself lives on.
    reader.on('error', () => {});
    slave.on('error', () => {});
    reader.on('data', received);
    const writer = createPacedWriter(pair.master, baudRate, () => {});
    try {
      mkdirSync(dirname(link), { recursive: true });
      rmSync(link, { force: true });
      symlinkSync(pair.path, link);
    } catch (cause) {
      writer.close();
      reader.destroy();
      slave.destroy();
      throw new SimulatorError('SIM_DIRECTORY', `cannot create the serial port link ${link}`, { cause });
    }
    current = { master: pair.master, reader, slave, writer };
  }

  function unplug(): void {
    if (!current) return;
    const { reader, slave, writer } = current;
    current = undefined;
    lost += writer.lost();
    rmSync(link, { force: true });
    writer.close();
    reader.destroy();
    slave.destroy();
  }

  plug();

  return {
    link,
    plugged: () => current !== undefined,
    send: (bytes, notBeforeMs) => current?.writer.send(asHeard(bytes), notBeforeMs),
    setDeviceBaudRate(next) {
      deviceBaudRate = next;
    },
    unplug,
    replug: plug,
    lostBytes: () => lost + (current?.writer.lost() ?? 0),
    close: unplug,
  };
}

/** Rate that the opener of a terminal has set, baud; null where it cannot be told. Both ends share it. */
function terminalSpeed(fd: number): number | null {
  try {
    const text = execFileSync('stty', ['speed'], { stdio: [fd, 'pipe', 'ignore'], encoding: 'utf8' });
    return Number(text.trim()) || null;
  } catch {
    return null;
  }
}

/** The event loop works on a descriptor of its own for a terminal's slave end; the first one is left to its owner. */
function closeIfStill(fd: number, device: number): void {
  try {
    if (fstatSync(fd).rdev === device) closeSync(fd);
  } catch {
    // Closed already: where the event loop could not open its own, it used and closed this one.
  }
}
