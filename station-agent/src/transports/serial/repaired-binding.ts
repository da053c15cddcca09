import { read } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import {
  autoDetect,
  type BindingInterface,
  type BindingPortInterface,
  type OpenOptions,
} from '@serialport/bindings-cpp';

type UnixRead = typeof import('@serialport/bindings-cpp/dist/unix-read.js').unixRead;
type UnixPort = Parameters<UnixRead>[0]['binding'];
type ReadBytes = NonNullable<Parameters<UnixRead>[0]['fsReadAsync']>;

const readBytes = promisify(read);

/**
 * A read of 0 bytes on a terminal means that the device hung up. serialport 13 takes it for "try again" and spins at full CPU
 * without ever closing; reported as ENXIO it closes the port as it does for a pulled USB adapter.
 */
const readOrHangUp = (async (...args: Parameters<typeof readBytes>) => {
  const result = await readBytes(...args);
  if (result.bytesRead > 0) return result;
  throw Object.assign(new Error('the device hung up (end of file)'), { code: 'ENXIO' });
}) as ReadBytes;

/** The platform's serial binding with the hang-up defect of its read repaired. Windows reads differently and keeps its own. */
export function createRepairedBinding(platform: NodeJS.Platform = process.platform): BindingInterface {
  const native = autoDetect() as BindingInterface;
  if (platform === 'win32') return native;
  const require = createRequire(import.meta.url);
  const { unixRead } = require('@serialport/bindings-cpp/dist/unix-read') as { unixRead: UnixRead };
  return {
    list: () => native.list(),
    async open(options: OpenOptions): Promise<BindingPortInterface> {
      const port = await native.open(options);
      const unixPort = port as UnixPort;
      unixPort.read = (buffer, offset, length) =>
        unixRead({ binding: unixPort, buffer, offset, length, fsReadAsync: readOrHangUp });
      return port;
    },
  };
}
