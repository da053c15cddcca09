/** One line of the agent's own log. `json` is the line as it was written, `level` pino's number (30 = info). */
export type TailLine = { atMs: number; level: number; json: string };

export type LogTail = ReturnType<typeof createLogTail>;

const MAX_LINE_CHARS = 4_000;

/**
 * The latest lines of the log in memory, within `maxChars`, and whoever listens for more. Fed by the logger as one of its streams, so it
 * sees each line once, debug included, whatever level is written to the journal.
 */
export function createLogTail(options: { maxChars?: number } = {}) {
  const { maxChars = 400_000 } = options;
  const lines: TailLine[] = [];
  const listeners = new Set<(line: TailLine) => void>();
  let chars = 0;
  return {
    /** Called by pino with one line at a time. Never throws. */
    write(text: string): void {
      const json = text.trimEnd().slice(0, MAX_LINE_CHARS);
      const level = Number(/"level":(\d+)/.exec(json)?.[1] ?? 30);
      const line: TailLine = { atMs: Date.now(), level, json };
      lines.push(line);
      chars += json.length;
      while (chars > maxChars) chars -= lines.shift()?.json.length ?? chars;
      for (const listener of listeners) listener(line);
    },
    lines: (): readonly TailLine[] => lines,
    onLine(listener: (line: TailLine) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
