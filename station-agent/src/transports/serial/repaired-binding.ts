import { readSync, writeSync } from 'node:fs';
import {
  autoDetect,
  type BindingInterface,
  type BindingPortInterface,
  type LinuxPortBinding,
  type OpenOptions,
} from '@serialport/bindings-cpp';

/** What serialport's bindings have on Linux and macOS alike. */
type UnixPort = LinuxPortBinding;

/** Event flag of the binding's poller (uv_poll_t). */
const READABLE = 1;

/**
 * The platform's serial binding with its reads and writes done in place. Windows does both differently and keeps its own.
 *
 * A read of 0 bytes on a terminal means that the device hung up. serialport 13 takes it for "try again" and spins at full CPU without
 * ever closing; reported as ENXIO it ends the port as a pulled USB adapter does. Besides, each read first waits until there is
 * something: the descriptor is non-blocking, so it can then be read in place, without a round through the thread pool. So can it be
 * written: on a bus the time between an answer and the next request is lost, and on a busy machine the thread pool is most of it.
 */
export function createRepairedBinding(platform: NodeJS.Platform = process.platform): BindingInterface {
  const native = autoDetect() as BindingInterface;
  if (platform === 'win32') return native;
  return {
    list: () => native.list(),
    async open(options: OpenOptions): Promise<BindingPortInterface> {
      const port = await native.open(options);
      const unixPort = port as UnixPort;
      unixPort.read = reading(unixPort);
      unixPort.write = (buffer) => writeAll(unixPort, buffer);
      return port;
    },
  };
}

function reading(port: UnixPort): UnixPort['read'] {
  let settle: ((error: Error | null) => void) | null = null;
  port.poller.on('readable', (error: Error | null) => {
    const waiting = settle;
    settle = null;
    waiting?.(error);
  });
  const ready = (): Promise<void> =>
    new Promise((resolve, reject) => {
      settle = (error) => (error ? reject(error) : resolve());
      port.poller.poll(READABLE);
    });
  return async (buffer, offset, length) => {
    for (;;) {
      await ready();
      const fd = openDescriptor(port);
      let bytesRead: number;
      try {
        bytesRead = readSync(fd, buffer, offset, length, null);
      } catch (error) {
        if (isNotReady(error)) continue;
        throw error;
      }
      if (bytesRead > 0) return { bytesRead, buffer };
      throw Object.assign(new Error('the device hung up (end of file)'), { code: 'ENXIO' });
    }
  };
}

/** The device's queue may be full: then the rest waits until it has room. */
async function writeAll(port: UnixPort, buffer: Buffer): Promise<void> {
  for (let at = 0; at < buffer.length; ) {
    const fd = openDescriptor(port);
    try {
      at += writeSync(fd, buffer, at, buffer.length - at, null);
    } catch (error) {
      if (!isNotReady(error)) throw error;
      await new Promise<void>((resolve, reject) => {
        port.poller.once('writable', (fault: Error | null) => (fault ? reject(fault) : resolve()));
      });
    }
  }
}

/** After a wait the port may be closed, and its number belong to another file. */
function openDescriptor({ fd }: UnixPort): number {
  if (fd === null) throw Object.assign(new Error('the port was closed'), { canceled: true });
  return fd;
}

function isNotReady(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR';
}
