import { bitSet } from '../bytes/index.js';

/** Names of the set bits of an alarm word. A bit without a name is reported as `<source>_bit_<n>`. */
export function alarmsOfBits(
  word: number,
  names: readonly (string | undefined)[],
  source: string,
  width = 16,
): string[] {
  const found: string[] = [];
  for (let bit = 0; bit < width; bit += 1) {
    if (bitSet(word, bit)) found.push(names[bit] ?? `${source}_bit_${bit}`);
  }
  return found;
}
