import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * One program of the network as a child process: ready when it prints its JSON line on stdout, stopped by SIGTERM (SIGKILL when it does not
 * go), its output kept in a log file.
 */
export type ChildOptions = {
  name: string;
  /** Script for this Node, with arguments. */
  args: readonly string[];
  env?: Readonly<Record<string, string | undefined>>;
  cwd: string;
  logFile: string;
  readyTimeoutMs?: number;
  /** Called when it ends without having been asked to. */
  onExit?: (exit: { code: number | null; signal: NodeJS.Signals | null }) => void;
};

export class ChildFailedError extends Error {
  override readonly name = 'ChildFailedError';
  readonly code = 'CHILD_FAILED';
}

export type Child<Ready> = {
  readonly name: string;
  readonly ready: Ready;
  readonly pid: number;
  /** SIGTERM, then SIGKILL after `graceMs` (default 10 s). Resolves when it is gone. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL now: a power cut. */
  kill(): Promise<void>;
  /** Resolves when it has ended, however that came about. */
  readonly gone: Promise<void>;
  /** The next end is expected: `onExit` stays silent. */
  expectEnd(): void;
};

const LAST_LINES = 20;

/** Starts the program and resolves with its first JSON line that says `"ready": true`. */
export function startChild<Ready>(options: ChildOptions): Promise<Child<Ready>> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = createWriteStream(options.logFile, { flags: 'a' });
  const child = spawn(process.execPath, [...options.args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C in a terminal reaches this process alone, which then stops the others in order.
    detached: true,
  });
  const onParentExit = () => child.kill('SIGKILL');
  process.once('exit', onParentExit);
  const state = { ready: false, stopping: false, exited: false };
  const tail = collect(child, log);
  const gone = new Promise<void>((resolve) => {
    child.once('close', (code, signal) => {
      state.exited = true;
      process.removeListener('exit', onParentExit);
      log.end();
      // Before it was ready the caller of startChild hears of it.
      if (state.ready && !state.stopping) options.onExit?.({ code, signal });
      resolve();
    });
  });
  const end = async (signal: NodeJS.Signals, graceMs: number) => {
    state.stopping = true;
    if (state.exited) return;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await gone;
    clearTimeout(timer);
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      void end('SIGKILL', 1_000);
      reject(
        new ChildFailedError(
          `${options.name} was not ready in time; see ${options.logFile}\n${tail().join('\n')}`,
        ),
      );
    }, options.readyTimeoutMs ?? 60_000);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      reject(
        new ChildFailedError(
          `${options.name} ended (${signal ?? `exit ${code}`}) before it was ready\n${tail().join('\n')}`,
        ),
      );
    });
    const lines = createInterface({ input: child.stdout ?? process.stdin });
    lines.on('line', (line) => {
      const ready = readyLine(line);
      if (!ready) return;
      clearTimeout(timer);
      state.ready = true;
      resolve({
        name: options.name,
        ready: ready as Ready,
        pid: child.pid ?? 0,
        stop: (graceMs = 10_000) => end('SIGTERM', graceMs),
        kill: () => end('SIGKILL', 1_000),
        gone,
        expectEnd: () => {
          state.stopping = true;
        },
      });
    });
  });
}

function readyLine(line: string): unknown {
  if (!line.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && (value as { ready?: unknown }).ready === true
      ? value
      : null;
  } catch {
    return null;
  }
}

/** Writes both streams to the log and remembers the last lines for an error message. */
function collect(child: ChildProcess, log: WriteStream): () => string[] {
  let last: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      if (!log.writableEnded) log.write(chunk);
      last = [...last, ...chunk.toString('utf8').split('\n').filter(Boolean)].slice(-LAST_LINES);
    });
  return () => last;
}
