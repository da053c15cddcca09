import { createRequire } from 'node:module';

/** The real serialport package, as the agent's dependency brings it; the simulators themselves never use it. */
interface SerialPortClass {
  new (options: { path: string; baudRate: number; autoOpen: false }): SerialPortInstance;
}
interface SerialPortInstance extends NodeJS.EventEmitter {
  open(done: (error: Error | null) => void): void;
  close(done: (error: Error | null) => void): void;
  write(data: Uint8Array | string): void;
  readonly isOpen: boolean;
}

const { SerialPort } = createRequire(import.meta.url)('serialport') as { SerialPort: SerialPortClass };

export interface SerialClient {
  write(data: Uint8Array | string): void;
  /** Everything that arrived since the last `clear`, as Latin-1 text. */
  text(): string;
  clear(): void;
  /** Waits until the received text matches; rejects with what did arrive. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** The same for the received bytes in hex. */
  waitForHex(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  closed(): boolean;
  close(): Promise<void>;
}

export async function openSerial(path: string, baudRate = 9600): Promise<SerialClient> {
  const port = new SerialPort({ path, baudRate, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  let received = '';
  let closed = false;
  const waiting = new Set<() => void>();
  port.on('data', (bytes: Buffer) => {
    received += bytes.toString('latin1');
    for (const check of [...waiting]) check();
  });
  port.on('error', () => {});
  port.on('close', () => {
    closed = true;
  });

  function waitIn(read: () => string, pattern: RegExp, timeoutMs = 10_000): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(check);
        reject(new Error(`no ${pattern} within ${timeoutMs} ms; got ${JSON.stringify(read())}`));
      }, timeoutMs);
      const check = () => {
        const match = pattern.exec(read());
        if (!match) return;
        clearTimeout(timer);
        waiting.delete(check);
        resolve(match);
      };
      waiting.add(check);
      check();
    });
  }

  return {
    write: (data) => port.write(data),
    text: () => received,
    clear() {
      received = '';
    },
    closed: () => closed,
    waitFor: (pattern, timeoutMs) => waitIn(() => received, pattern, timeoutMs),
    waitForHex: (pattern, timeoutMs) =>
      waitIn(() => Buffer.from(received, 'latin1').toString('hex'), pattern, timeoutMs),
    close: () =>
      new Promise((resolve) => {
        if (port.isOpen) port.close(() => resolve());
        else resolve();
      }),
  };
}
