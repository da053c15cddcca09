import { createInterface } from 'node:readline';

export interface Pacer {
  /** Awaited before each recorded answer. */
  pace(input: { kind: string; atMs: number }, index: number): Promise<void>;
  close(): void;
}

/**
 * How a person goes through a recording: `speed` times as fast as it happened (0 = without waiting), or one answer for each Enter.
 * While it runs, Enter pauses and goes on.
 */
export function createPacer(options: {
  speed: number;
  step: boolean;
  input: NodeJS.ReadableStream;
  tell(text: string): void;
}): Pacer {
  let paused = options.step;
  let wake: () => void = () => undefined;
  let beforeMs = 0;
  const interactive = options.step || options.speed > 0;
  const lines = interactive ? createInterface({ input: options.input }) : undefined;
  lines?.on('line', () => {
    if (options.step) return wake();
    paused = !paused;
    options.tell(paused ? 'paused; Enter goes on' : 'goes on');
    wake();
  });
  // Nobody is there any more to press Enter.
  lines?.on('close', () => {
    paused = false;
    options.step = false;
    wake();
  });
  const pressed = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return {
    async pace({ kind, atMs }, index) {
      if (!interactive) return;
      const waitMs = options.speed > 0 && !options.step ? (atMs - beforeMs) / options.speed : 0;
      beforeMs = atMs;
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      options.tell(`${(atMs / 1000).toFixed(3).padStart(9)} s  ${kind} (input ${index + 1})`);
      while (options.step || paused) {
        await pressed();
        if (options.step) return;
      }
    },
    close: () => lines?.close(),
  };
}
