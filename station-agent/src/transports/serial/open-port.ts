import { stat } from 'node:fs/promises';
import type { BindingInterface, BindingPortInterface } from '@serialport/bindings-cpp';
import { messageOf } from '../../errors.js';
import { explainSerialError } from './serial-error.js';

export type SerialSettings = { path: string; baudRate: number };

/** Which device a path leads to, so that a replugged adapter behind the same name is noticed. Null when nothing is there. */
export type DeviceIdentity = string | null;

/** An open port. It never opens again: after a loss another one is made. */
export type OpenPort = {
  /** Calls `onData` with what comes in, in pieces that stay as they are, until the port is closed or lost (`onLost`, once). */
  listen(onData: (chunk: Buffer) => void, onLost: (reason: string) => void): void;
  /** Resolves when the system has taken all bytes. Bytes of several calls go out one after the other. */
  write(bytes: Uint8Array): Promise<void>;
  /** Never fails; a second call waits for the first. */
  close(): Promise<void>;
};

/** Follows links: an adapter that went away, or came back as another device, gives another identity. */
export async function deviceIdentity(path: string): Promise<DeviceIdentity> {
  if (process.platform === 'win32') return path;
  try {
    const { dev, ino, rdev } = await stat(path);
    return `${dev}:${ino}:${rdev}`;
  } catch {
    return null;
  }
}

/** Opens one port, 8N1, locked against a second opener of the same kind. @throws SerialPortError naming path and fix. */
export async function openSerialPort(binding: BindingInterface, settings: SerialSettings): Promise<OpenPort> {
  try {
    return portOver(await binding.open({ ...settings, lock: true }));
  } catch (error) {
    throw explainSerialError(settings.path, error);
  }
}

const POOL_BYTES = 8_192;
const LEAST_ROOM = 256;

/**
 * serialport's binding interface without its stream: an answer comes in five to ten pieces, and what a stream does around each of them
 * was a third of all that a polling agent does.
 */
function portOver(port: BindingPortInterface): OpenPort {
  let closing: Promise<void> | null = null;
  let writing: Promise<void> | null = null;

  async function send(bytes: Uint8Array, after: Promise<void> | null): Promise<void> {
    // A write that failed tells its own caller.
    if (after) await after.catch(() => undefined);
    await port.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  async function receive(onData: (chunk: Buffer) => void, onLost: (reason: string) => void): Promise<void> {
    let pool = Buffer.alloc(0);
    let used = 0;
    while (!closing) {
      if (pool.length - used < LEAST_ROOM) {
        pool = Buffer.allocUnsafeSlow(POOL_BYTES);
        used = 0;
      }
      let count: number;
      try {
        count = (await port.read(pool, used, pool.length - used)).bytesRead;
      } catch (error) {
        if (!closing) onLost(messageOf(error));
        return;
      }
      if (closing) return;
      const chunk = pool.subarray(used, used + count);
      used += count;
      onData(chunk);
    }
  }

  return {
    listen: (onData, onLost) => void receive(onData, onLost),
    write(bytes) {
      const sent = send(bytes, writing);
      const settled = (): void => {
        if (writing === sent) writing = null;
      };
      writing = sent;
      sent.then(settled, settled);
      return sent;
    },
    close() {
      closing ??= port.isOpen ? port.close().catch(() => undefined) : Promise.resolve();
      return closing;
    },
  };
}
