/** Name of a code in a table of commands, undefined when the code is not one that reads. */
export function nameOfCode<T extends Readonly<Record<string, number>>>(
  table: T,
  code: number,
): keyof T | undefined {
  return Object.keys(table).find((name) => table[name] === code);
}
