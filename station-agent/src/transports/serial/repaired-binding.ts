import { readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  autoDetect,
  type BindingInterface,
  type BindingPortInterface,
  type OpenOptions,
} from '@serialport/bindings-cpp';

type UnixRead = typeof import('@serialport/bindings-cpp/dist/unix-read.js').unixRead;
type UnixWrite = typeof import('@serialport/bindings-cpp/dist/unix-write.js').unixWrite;
type UnixPort = Parameters<UnixRead>[0]['binding'];
type ReadBytes = NonNullable<Parameters<UnixRead>[0]['fsReadAsync']>;
type WriteBytes = NonNullable<Parameters<UnixWrite>[0]['fsWriteAsync']>;

/**
 * The platform's serial binding with its read repaired and its write in place. Windows does both differently and keeps its own.
 *
 * A read of 0 bytes on a terminal means that the device hung up. serialport 13 takes it for "try again" and spins at full CPU without
 * ever closing; reported as ENXIO it closes the port as it does for a pulled USB adapter. Besides, each read first waits until there is
 * something: the descriptor is non-blocking, so it can then be read in place, without a round through the thread pool. So can it be
 * written: on a bus the time between an answer and the next request is lost, and on a busy machine the thread pool is most of it.
 */
export function createRepairedBinding(platform: NodeJS.Platform = process.platform): BindingInterface {
  const native = autoDetect() as BindingInterface;
  if (platform === 'win32') return native;
  const require = createRequire(import.meta.url);
  const { unixRead } = require('@serialport/bindings-cpp/dist/unix-read') as { unixRead: UnixRead };
  const { unixWrite } = require('@serialport/bindings-cpp/dist/unix-write') as { unixWrite: UnixWrite };
  const fsWriteAsync = writeInPlace as unknown as WriteBytes;
  return {
    list: () => native.list(),
    async open(options: OpenOptions): Promise<BindingPortInterface> {
      const port = await native.open(options);
      const unixPort = port as UnixPort;
      const fsReadAsync = readWhenReady(unixPort) as unknown as ReadBytes;
      unixPort.read = (buffer, offset, length) =>
        unixRead({ binding: unixPort, buffer, offset, length, fsReadAsync });
      const pending = port as unknown as { writeOperation: Promise<void> | null };
      unixPort.write = (buffer) => {
        const written =
          buffer.length > 0 ? unixWrite({ binding: unixPort, buffer, fsWriteAsync }) : undefined;
        // What drain() waits for.
        const operation = Promise.resolve(written).then(() => {
          pending.writeOperation = null;
        });
        pending.writeOperation = operation;
        return operation;
      };
      return port;
    },
  };
}

/** Throws EAGAIN when the device's queue is full; unixWrite then waits and sends the rest. */
async function writeInPlace(fd: number, buffer: Buffer, offset: number, length: number): Promise<Written> {
  return { bytesWritten: writeSync(fd, buffer, offset, length, null), buffer };
}

type Written = { bytesWritten: number; buffer: Buffer };
type Filled = { bytesRead: number; buffer: Buffer };

function readWhenReady(port: UnixPort) {
  const ready = (): Promise<void> =>
    new Promise((resolve, reject) => {
      port.poller.once('readable', (error: Error | null) => (error ? reject(error) : resolve()));
    });
  return async (fd: number, buffer: Buffer, offset: number, length: number): Promise<Filled> => {
    await ready();
    // The number may belong to another file by now.
    if (!port.isOpen) throw Object.assign(new Error('the port was closed'), { canceled: true });
    // Throws EAGAIN after a false alarm; unixRead then waits and asks again.
    const bytesRead = readSync(fd, buffer, offset, length, null);
    if (bytesRead > 0) return { bytesRead, buffer };
    throw Object.assign(new Error('the device hung up (end of file)'), { code: 'ENXIO' });
  };
}
