import type { Random } from '../random.js';
import type { WireFaults } from './device.js';

/**
 * What arrives of a frame when the wire is bad: undefined when it is lost, else the frame, possibly with one byte
 * changed, cut short, or with noise in front. Draws nothing from `random` while all shares are 0.
 */
export function spoil(frame: Uint8Array, faults: WireFaults, random: Random): Uint8Array | undefined {
  if (faults.silent) return undefined;
  const hit = (share: number) => share > 0 && random.next() < share;
  if (hit(faults.dropShare)) return undefined;
  let bytes = frame;
  if (hit(faults.corruptShare)) {
    bytes = Uint8Array.from(bytes);
    const at = random.integer(1, Math.max(1, bytes.length - 2));
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 6));
  }
  if (hit(faults.truncateShare)) bytes = bytes.subarray(0, random.integer(1, bytes.length - 1));
  if (hit(faults.noiseShare)) {
    const noise = Array.from({ length: random.integer(1, 12) }, () => random.integer(0, 255));
    bytes = Uint8Array.from([...noise, ...bytes]);
  }
  return bytes;
}
