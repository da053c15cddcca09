import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, resolve } from 'node:path';

/** An agent that runs on this machine. Paths are absolute where they could be made so. */
export type RunningAgent = { pid: number; config: string | null };

/** Agents among the machine's processes, from /proc; none where there is no /proc. */
export async function runningAgents(procDir = '/proc'): Promise<RunningAgent[]> {
  const names = await readdir(procDir).catch(() => []);
  const agents = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(async (name): Promise<RunningAgent | null> => {
        const line = await readFile(`${procDir}/${name}/cmdline`, 'utf8').catch(() => '');
        const words = line.split('\0').filter((word) => word !== '');
        if (!isAgent(words)) return null;
        const config = configOf(words);
        const cwd = await readlink(`${procDir}/${name}/cwd`).catch(() => null);
        return {
          pid: Number(name),
          config: config === null ? null : cwd === null ? config : resolve(cwd, config),
        };
      }),
  );
  return agents.filter((agent) => agent !== null).sort((a, b) => a.pid - b.pid);
}

/** Whether a command line is an agent that runs a station, however it was started. */
export function isAgent(words: readonly string[]): boolean {
  const program = words.findIndex(
    (word) =>
      /^voltbay-agent(\.mjs)?$/.test(basename(word)) || /station-agent\/(src|dist)\/main\.[tj]s$/.test(word),
  );
  return program >= 0 && words.slice(program + 1).includes('run');
}

/** The value of `--config` in a command line. */
export function configOf(words: readonly string[]): string | null {
  for (const [index, word] of words.entries()) {
    if (word === '--config' || word === '-c') return words[index + 1] ?? null;
    if (word.startsWith('--config=')) return word.slice('--config='.length);
  }
  return null;
}

/** Processes that have a file (a serial port) open, as far as /proc may be read. */
export async function holdersOf(path: string, procDir = '/proc'): Promise<number[]> {
  const names = (await readdir(procDir).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const holders: number[] = [];
  for (const name of names) {
    const fds = await readdir(`${procDir}/${name}/fd`).catch(() => []);
    for (const fd of fds) {
      const target = await readlink(`${procDir}/${name}/fd/${fd}`).catch(() => '');
      if (target !== path) continue;
      holders.push(Number(name));
      break;
    }
  }
  return holders;
}
