import { stat } from 'node:fs/promises';
import type { BindingInterface } from '@serialport/bindings-cpp';
import { SerialPortStream } from '@serialport/stream';
import { explainSerialError } from './serial-error.js';

export type SerialSettings = { path: string; baudRate: number };

/** Which device a path leads to, so that a replugged adapter behind the same name is noticed. Null when nothing is there. */
export type DeviceIdentity = string | null;

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
export function openSerialPort(
  binding: BindingInterface,
  settings: SerialSettings,
): Promise<SerialPortStream> {
  return new Promise((resolve, reject) => {
    const port = new SerialPortStream({ binding, ...settings, autoOpen: false, lock: true });
    port.open((error) => {
      if (error) reject(explainSerialError(settings.path, error));
      else resolve(port);
    });
  });
}
