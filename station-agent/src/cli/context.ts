import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { type Language, languageOf, type Translate, translatorFor } from './language.js';
import { type Output, processOutput } from './output.js';

/** Where a command runs: everything it takes from the outside, so that tests can stand in for a terminal. */
export type Surroundings = {
  output: Output;
  env: Readonly<Record<string, string | undefined>>;
  /** Columns of the terminal; infinite when stdout is none. */
  widthChars: number;
  isTerminal: boolean;
  /** Aborted by Ctrl-C; for a command that goes on until then (watch, sniff). Asking for it takes Ctrl-C over. */
  untilInterrupted(): AbortSignal;
  /** Asks yes or no; null when nobody can answer. */
  confirm: ((question: string) => Promise<boolean>) | null;
};

export type CliContext = Surroundings & {
  language: Language;
  t: Translate;
  paint: Paint;
  /** Sets the exit code: 0 ok, 1 failed, 2 bad usage. */
  finish(code: number): void;
};

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';
export type Paint = (colour: Colour, text: string) => string;

/** What every command about a station takes. */
export type StationOptions = { config?: string; data?: string; json?: boolean };

const CODES: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 };

export function createContext(
  argv: readonly string[],
  surroundings: Surroundings,
  finish: (code: number) => void,
): CliContext {
  const language = languageOf(argv, surroundings.env);
  const colour = usesColour(argv, surroundings);
  return {
    ...surroundings,
    language,
    t: translatorFor(language),
    paint: (name, text) => (colour ? `\u001b[${CODES[name]}m${text}\u001b[0m` : text),
    finish,
  };
}

/** https://no-color.org: NO_COLOR set to anything but the empty string. */
function usesColour(argv: readonly string[], { env, isTerminal }: Surroundings): boolean {
  if (argv.includes('--no-color') || env.NO_COLOR || env.TERM === 'dumb') return false;
  return isTerminal || Boolean(env.FORCE_COLOR && env.FORCE_COLOR !== '0');
}

/** The real terminal. */
export function processSurroundings(): Surroundings {
  const { stdout, stdin } = process;
  return {
    output: processOutput,
    env: process.env,
    widthChars: stdout.isTTY ? stdout.columns || 80 : Number.POSITIVE_INFINITY,
    isTerminal: stdout.isTTY === true,
    untilInterrupted() {
      const ended = new AbortController();
      process.once('SIGINT', () => ended.abort());
      process.once('SIGTERM', () => ended.abort());
      return ended.signal;
    },
    confirm:
      stdin.isTTY && stdout.isTTY
        ? async (question) => {
            const { confirm, isCancel } = await import('@clack/prompts');
            const answer = await confirm({ message: question, initialValue: false });
            return !isCancel(answer) && answer;
          }
        : null,
  };
}

const DEFAULT_CONFIG = '/etc/voltbay/agent.json';

/** `--config`, else VOLTBAY_CONFIG, else the installed station's file when there is one. */
export function configFileOf(options: StationOptions, context: Surroundings): string | undefined {
  return (
    options.config ??
    (context.env.VOLTBAY_CONFIG || (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined))
  );
}

/** Who is named in the audit: `--by`, else the person behind sudo, else the user of this terminal. */
export function whoActs(by: string | undefined, context: Surroundings): string {
  return (by ?? context.env.SUDO_USER ?? userInfo().username).slice(0, 64);
}
