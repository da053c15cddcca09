import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitUntil } from './wait.js';

interface Message {
  id?: number;
  ok?: boolean;
  error?: string;
  result?: Record<string, unknown>;
  event?: 'state' | 'found' | 'data' | 'gone';
  state?: string;
  name?: string;
  address?: string;
  services?: string[];
  hex?: string;
}

/** Real noble in a child process. */
export interface BleClient {
  ask(command: string, input?: object): Promise<Record<string, unknown>>;
  events(event: Message['event'], name?: string): Message[];
  clear(): void;
  /** Notifications of one pack since the last `clear`, joined. */
  received(name: string): string;
  state(): string | undefined;
  waitUntil(what: string, holds: () => boolean, timeoutMs?: number): Promise<void>;
  close(): Promise<void>;
}

export function startBleClient(env: Record<string, string>): BleClient {
  const script = fileURLToPath(new URL('./ble-client.cjs', import.meta.url));
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let messages: Message[] = [];
  let lastState: string | undefined;
  let nextId = 0;
  const waiting = new Map<number, (message: Message) => void>();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as Message;
    if (message.id !== undefined) return waiting.get(message.id)?.(message);
    if (message.event === 'state') lastState = message.state;
    messages.push(message);
  });

  const events = (event: Message['event'], name?: string) =>
    messages.filter((message) => message.event === event && (name === undefined || message.name === name));

  return {
    ask(command, input = {}) {
      nextId += 1;
      const id = nextId;
      child.stdin.write(`${JSON.stringify({ id, command, ...input })}\n`);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${command}: no answer`)), 20_000);
        waiting.set(id, (message) => {
          clearTimeout(timer);
          waiting.delete(id);
          if (message.ok) resolve(message.result ?? {});
          else reject(new Error(message.error));
        });
      });
    },
    events,
    clear() {
      messages = [];
    },
    received: (name) =>
      events('data', name)
        .map((message) => message.hex ?? '')
        .join(''),
    state: () => lastState,
    waitUntil,
    async close() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}
