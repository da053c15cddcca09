import { type ChildProcess, spawn } from 'node:child_process';
import { missingProgram, notRoot } from './programs.js';

/** Why calls of a process cannot be made to fail here; null when they can. */
export const syscallFaultsMissing = (): string | null => missingProgram('strace') ?? notRoot();

export type SyscallFault = {
  /** The process goes on undisturbed. Resolves when the tracer is gone. */
  stop(): Promise<void>;
  /** How many calls were made to fail so far. */
  injected(): number;
};

/**
 * Makes system calls of a running process, all its threads, fail: `when` as strace has it, e.g. `3`, `2+`, `1..4`.
 * Throws when the tracer cannot attach.
 */
export async function failSyscalls(
  pid: number,
  fault: { calls: readonly string[]; error: 'EIO' | 'ENOSPC'; when: string },
): Promise<SyscallFault> {
  const calls = fault.calls.join(',');
  const tracer = spawn(
    'strace',
    [
      ...['-f', '-p', String(pid), '-e', `trace=${calls}`],
      ...['-e', `inject=${calls}:error=${fault.error}:when=${fault.when}`],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const gone = new Promise<void>((resolve) => tracer.once('close', () => resolve()));
  const seen = await attached(tracer, pid);
  return {
    async stop() {
      // SIGINT lets strace detach; killing it would leave the process stopped.
      tracer.kill('SIGINT');
      await gone;
    },
    injected: () => seen().split('(INJECTED)').length - 1,
  };
}

const ATTACH_MS = 15_000;

function attached(tracer: ChildProcess, pid: number): Promise<() => string> {
  let text = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`strace did not attach to ${pid}: ${text}`)), ATTACH_MS);
    tracer.once('error', reject);
    tracer.once('close', () => reject(new Error(`strace ended: ${text}`)));
    tracer.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (!text.includes('attached')) return;
      clearTimeout(timer);
      resolve(() => text);
    });
  });
}
