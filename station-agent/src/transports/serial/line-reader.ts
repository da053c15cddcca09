import { ReadlineParser } from '@serialport/parser-readline';

export type LineReaderOptions = {
  /** `\r` for the `~…` family, `\n` for cabinet lines (their `\r` is stripped by the codec). */
  delimiter: string;
  /** A line longer than this is junk and is dropped. */
  maxChars: number;
  onLine: (line: string) => void;
  /** Junk without an end was dropped. */
  onOverflow?: (droppedChars: number) => void;
};

export type LineReader = { push(chunk: Uint8Array): void; close(): void };

/**
 * Lines out of a byte stream through serialport's readline parser, one Latin-1 character a byte so that nothing is lost in decoding.
 * The parser itself holds any amount of bytes until a delimiter comes; here it is replaced when it holds too much.
 */
export function createLineReader({ delimiter, maxChars, onLine, onOverflow }: LineReaderOptions): LineReader {
  const end = Buffer.from(delimiter, 'latin1');
  let held = 0;
  /** Chunks of a line that has no end yet: a line goes through the parser at once, not in the ten pieces in which it arrives. */
  let pieces: Buffer[] = [];
  let parser = createParser();

  function createParser(): ReadlineParser {
    const created = new ReadlineParser({ delimiter: end, encoding: 'latin1' });
    created.on('data', onLine);
    return created;
  }

  function replaceParser(): void {
    parser.removeAllListeners('data');
    parser.destroy();
    parser = createParser();
  }

  return {
    push(chunk) {
      if (parser.destroyed) return;
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const lastEnd = bytes.lastIndexOf(end);
      if (lastEnd >= 0) held = bytes.length - lastEnd - end.length;
      else held += bytes.length;
      pieces.push(bytes);
      if (lastEnd >= 0) {
        parser.write(pieces.length === 1 ? bytes : Buffer.concat(pieces));
        pieces = [];
      }
      if (held <= maxChars) return;
      onOverflow?.(held);
      held = 0;
      pieces = [];
      replaceParser();
    },
    close() {
      parser.removeAllListeners('data');
      parser.destroy();
    },
  };
}
