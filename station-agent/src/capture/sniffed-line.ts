import { toHex } from '@voltbay/protocol/bytes';

/** Bytes that came without a pause between them. */
export type Burst = { atMs: number; bytes: Uint8Array };

/** One line of a listening: time since the start, length, hex, and the text when it is one. */
export function burstLine({ atMs, bytes }: Burst, startMs: number): string {
  const text = [...bytes].every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a)
    ? `  ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`
    : '';
  return `${((atMs - startMs) / 1000).toFixed(3).padStart(9)}  ${String(bytes.length).padStart(4)}  ${toHex(bytes)}${text}`;
}

/** Gathers bytes into bursts: a pause of `gapMs` ends one, and so does its size. */
export function createBurstGatherer(options: {
  gapMs: number;
  nowMs: () => number;
  onBurst(burst: Burst): void;
}) {
  const MAX_BURST_BYTES = 4_096;
  let pieces: Uint8Array[] = [];
  let size = 0;
  let startMs = 0;
  let timer: NodeJS.Timeout | undefined;
  function end(): void {
    clearTimeout(timer);
    if (size === 0) return;
    const burst = { atMs: startMs, bytes: new Uint8Array(Buffer.concat(pieces)) };
    pieces = [];
    size = 0;
    options.onBurst(burst);
  }
  return {
    push(chunk: Uint8Array): void {
      if (size === 0) startMs = options.nowMs();
      pieces.push(new Uint8Array(chunk));
      size += chunk.length;
      clearTimeout(timer);
      if (size >= MAX_BURST_BYTES) end();
      else timer = setTimeout(end, options.gapMs);
    },
    end,
  };
}
