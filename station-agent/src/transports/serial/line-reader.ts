import { ReadlineParser } from '@serialport/parser-readline';

export type LineReaderOptions = {
  /** `\r` for the `~…` family, `\n` for cabinet lines (their `\r` is stripped by the codec). */
  delimiter: '\r' | '\n';
  /** A line longer than this is junk and is dropped. */
  maxChars: number;
  onLine: (line: string) => void;
  /** Junk without an end was dropped. */
  onOverflow?: (droppedChars: number) => void;
};

export type LineReader = {
  push(chunk: Uint8Array): void;
  /** Forgets a line that has begun. */
  clear(): void;
  close(): void;
};

/**
 * Lines out of a byte stream through serialport's readline parser, one Latin-1 character a byte so that nothing is lost in decoding.
 * The parser holds any amount of bytes until a delimiter comes, and is dear to make and to feed: here it gets whole lines only, so that
 * it never holds any and serves for as long as the reader does.
 */
export function createLineReader({ delimiter, maxChars, onLine, onOverflow }: LineReaderOptions): LineReader {
  const parser = new ReadlineParser({ delimiter, encoding: 'latin1' });
  const end = delimiter.charCodeAt(0);
  parser.on('data', onLine);
  /** The line that has begun, in the pieces in which it came. */
  let pieces: Uint8Array[] = [];
  let held = 0;

  function clear(): void {
    pieces = [];
    held = 0;
  }

  return {
    push(chunk) {
      if (parser.destroyed) return;
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const after = bytes.lastIndexOf(end) + 1;
      if (after === 0) {
        pieces.push(bytes);
        held += bytes.length;
      } else {
        const lines = after === bytes.length ? bytes : bytes.subarray(0, after);
        const whole = pieces.length === 0 ? lines : Buffer.concat([...pieces, lines]);
        clear();
        if (after < bytes.length) {
          pieces.push(bytes.subarray(after));
          held = bytes.length - after;
        }
        parser.write(whole);
      }
      if (held <= maxChars) return;
      const dropped = held;
      clear();
      onOverflow?.(dropped);
    },
    clear,
    close() {
      clear();
      parser.removeAllListeners('data');
      parser.destroy();
    },
  };
}
