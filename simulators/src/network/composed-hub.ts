import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SimulatorError } from '../errors.js';

export type ToHub =
  /** `nowMs: null` = the machine's own time. */
  { kind: 'start'; nowMs: number | null } | { kind: 'time'; nowMs: number } | { kind: 'stop' };
export type FromHub =
  | { kind: 'ready'; apiUrl: string; mqttUrl: string }
  | { kind: 'time'; nowMs: number }
  | { kind: 'sms'; phone: string; text: string };

export interface ComposedHub {
  readonly apiUrl: string;
  readonly mqttUrl: string;
  readonly pid: number;
  /** Moves the hub's clock on; resolves when it has moved. Only for a hub that was started with a time. */
  setTime(nowMs: number): Promise<void>;
  /** The newest text sent to a phone, once: the code of a rider who signs in. */
  textFor(phone: string): Promise<string>;
  /** Resident memory in bytes, or null where the machine does not tell. */
  rssBytes(): number | null;
  /** Processor time used so far, all threads, milliseconds; null where the machine does not tell. */
  cpuMs(): number | null;
  stop(): Promise<void>;
}

export interface ComposedHubOptions {
  dataDir: string;
  logFile: string;
  /** Milliseconds since 1970 at which the hub's time begins and stands; without it the hub lives in real time. */
  simulatedFromMs?: number;
  env?: Readonly<Record<string, string>>;
}

const READY_MS = 60_000;
const ANSWER_MS = 30_000;

/** Starts the real hub as a process of its own whose clock and text messages are ours (`composed-hub-process`). */
export async function startComposedHub(options: ComposedHubOptions): Promise<ComposedHub> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = createWriteStream(options.logFile, { flags: 'a' });
  const child = fork(processFile(), {
    env: {
      PATH: process.env.PATH,
      VOLTBAY_DATA: options.dataDir,
      VOLTBAY_DEMO: '1',
      PORT: '0',
      MQTT_PORT: '0',
      LOG_LEVEL: 'warn',
      VOLTBAY_RATE_PER_ADDRESS: '0',
      VOLTBAY_RATE_PER_PRINCIPAL: '0',
      // Riders come from addresses of their own, which the simulation names as a proxy does.
      VOLTBAY_TRUSTED_PROXIES: '1',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const texts = new Map<string, string>();
  const listeners = new Set<(message: FromHub) => void>();
  child.on('message', (message: FromHub) => {
    if (message.kind === 'sms') texts.set(message.phone, message.text);
    for (const listener of [...listeners]) listener(message);
  });
  let exited = false;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      exited = true;
      log.end();
      resolve();
    });
  });

  const next = <T>(what: string, ms: number, take: (message: FromHub) => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        listeners.delete(listener);
        child.off('exit', onExit);
        finish();
      };
      const fail = (text: string) =>
        settle(() => reject(new SimulatorError('SIM_UNREACHABLE', `${text}; its log: ${options.logFile}`)));
      const onExit = () => fail(`the hub ended before ${what}`);
      const timer = setTimeout(() => fail(`no ${what} from the hub in time`), ms);
      const listener = (message: FromHub) => {
        const taken = take(message);
        if (taken !== undefined) settle(() => resolve(taken));
      };
      listeners.add(listener);
      child.once('exit', onExit);
    });

  const ready = next('ready', READY_MS, (message) => (message.kind === 'ready' ? message : undefined));
  send(child, { kind: 'start', nowMs: options.simulatedFromMs ?? null });
  const { apiUrl, mqttUrl } = await ready.catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    apiUrl,
    mqttUrl,
    pid: child.pid ?? 0,
    async setTime(nowMs) {
      const moved = next('answer about the time', ANSWER_MS, (message) =>
        message.kind === 'time' && message.nowMs >= nowMs ? true : undefined,
      );
      send(child, { kind: 'time', nowMs });
      await moved;
    },
    async textFor(phone) {
      const text =
        texts.get(phone) ??
        (await next('text message', ANSWER_MS, (message) =>
          message.kind === 'sms' && message.phone === phone ? message.text : undefined,
        ));
      texts.delete(phone);
      return text;
    },
    rssBytes: () => residentBytes(child.pid),
    cpuMs: () => processorMs(child.pid),
    async stop() {
      if (exited) return;
      send(child, { kind: 'stop' });
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await gone;
      clearTimeout(timer);
    },
  };
}

function send(child: ChildProcess, message: ToHub): void {
  child.send(message);
}

/** Resident memory of a process, from /proc; null where there is none. */
export function residentBytes(pid: number | undefined): number | null {
  const file = `/proc/${pid}/status`;
  if (pid === undefined || !existsSync(file)) return null;
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8'))?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

const TICK_MS = 10;

/** Processor time of a process, from /proc (proc(5): utime and stime, hundredths of a second). */
function processorMs(pid: number | undefined): number | null {
  const file = `/proc/${pid}/stat`;
  if (pid === undefined || !existsSync(file)) return null;
  const text = readFileSync(file, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The built file, also when this runs from source in a test. */
function processFile(): string {
  const built = fileURLToPath(new URL('./composed-hub-process.js', import.meta.url));
  return existsSync(built)
    ? built
    : join(fileURLToPath(new URL('../../dist/network', import.meta.url)), 'composed-hub-process.js');
}
