import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { redactText } from '../diagnostics/redact.js';
import { AgentError, messageOf } from '../errors.js';
import type { CliContext } from './context.js';
import { LEVELS, renderLogLine } from './log-line.js';

export type LogOptions = {
  file?: string;
  unit: string;
  limit: number;
  level: string;
  follow?: boolean;
  json?: boolean;
};

/** `voltbay-agent logs`: the agent's log from the journal or a file, readable; `--json` gives the lines as they are. */
export async function logs(options: LogOptions, context: CliContext): Promise<number> {
  const minLevel = LEVELS[options.level];
  if (minLevel === undefined)
    throw new AgentError('BAD_USAGE', `--level: use one of ${Object.keys(LEVELS).join(', ')}`);
  const { output, paint } = context;
  const kept: string[] = [];
  const show = (line: string): void => {
    const rendered = renderLogLine(line, minLevel, paint);
    if (rendered === null) return;
    const text = redactText(options.json ? line : rendered);
    if (options.follow && options.file === undefined) output.out(text);
    else kept.push(text);
    if (kept.length > options.limit) kept.shift();
  };
  try {
    if (options.file !== undefined) await eachLine(createReadStream(options.file), show);
    else await journal(options, context, show);
  } catch (error) {
    throw new Error(
      context.t(
        `no log to show (${messageOf(error)}); where there is no journal name the file: --file FILE`,
        `没有可显示的日志（${messageOf(error)}）；无 journald 时请用 --file 指定文件`,
      ),
      { cause: error },
    );
  }
  for (const line of kept) output.out(line);
  return 0;
}

function journal(options: LogOptions, context: CliContext, show: (line: string) => void): Promise<void> {
  const args = ['-u', options.unit, '-o', 'cat', '--no-pager', '-n', String(options.limit)];
  const child = spawn('journalctl', options.follow ? [...args, '-f'] : args, {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (options.follow)
    context.untilInterrupted().addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${String(chunk)}`.slice(-300);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0 || signal !== null) resolve();
      else reject(new Error(complaint.trim() || `journalctl ended with ${code}`));
    });
  });
  return Promise.all([eachLine(child.stdout, show), ended]).then(() => undefined);
}

async function eachLine(stream: Readable, show: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
    show(line);
}
