import { createRequire } from 'node:module';
import { SimulatorError } from '../errors.js';

/** Both ends of a pseudo terminal as raw file descriptors. */
export interface PtyPair {
  readonly master: number;
  readonly slave: number;
  /** Path of the slave end, e.g. /dev/pts/3. */
  readonly path: string;
}

interface NativePty {
  open(columns: number, rows: number): { master: number; slave: number; pty: string };
}

/**
 * Opens a pseudo terminal with the prebuilt native part of @lydell/node-pty. Its public `open()` is not used: that one
 * also reads the slave and steals bytes from whoever opens the port.
 */
export function openPtyPair(): PtyPair {
  const platform = `${process.platform}-${process.arch}`;
  let native: NativePty;
  try {
    const fromHere = createRequire(import.meta.url);
    const fromPackage = createRequire(fromHere.resolve('@lydell/node-pty'));
    native = fromPackage(`@lydell/node-pty-${platform}/pty.node`) as NativePty;
  } catch (cause) {
    throw new SimulatorError(
      'SIM_PTY_UNSUPPORTED',
      `no pseudo terminals on ${platform}: virtual serial ports need Linux or macOS with the optional package @lydell/node-pty-${platform} (npm install without --omit=optional)`,
      { cause },
    );
  }
  const { master, slave, pty } = native.open(80, 25);
  return { master, slave, path: pty };
}
