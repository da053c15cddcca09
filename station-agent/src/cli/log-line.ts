import type { Paint } from './context.js';

export const LEVELS: Readonly<Record<string, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
};

/** One line of the agent's log for people; null when it is below the level. A line that is no JSON is shown as it is. */
export function renderLogLine(line: string, minLevel: number, paint: Paint): string | null {
  if (line.trim() === '') return null;
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, msg, part, ...rest } = entry;
  const value = Number(level);
  if (value < minLevel) return null;
  const name = (Object.entries(LEVELS).find(([, number]) => number === value)?.[0] ?? String(level)).padEnd(
    5,
  );
  const shown = value >= 50 ? paint('red', name) : value >= 40 ? paint('yellow', name) : name;
  const fields = Object.entries(rest)
    .map(([key, inner]) => `${key}=${typeof inner === 'object' ? JSON.stringify(inner) : String(inner)}`)
    .join(' ');
  const where = part === undefined ? '' : `${String(part)}: `;
  return `${String(time ?? '')} ${shown} ${where}${String(msg ?? '')}${fields ? ` ${paint('dim', fields)}` : ''}`;
}
