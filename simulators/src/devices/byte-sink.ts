/** Collects the bytes of a frame. Values are cut to their width, as a firmware's registers would be. */
export interface ByteSink {
  u8(value: number): ByteSink;
  u16be(value: number): ByteSink;
  u24be(value: number): ByteSink;
  u32be(value: number): ByteSink;
  u16le(value: number): ByteSink;
  u32le(value: number): ByteSink;
  /** ASCII, cut or padded with `pad` to exactly `width` bytes. */
  text(value: string, width: number, pad?: number): ByteSink;
  bytes(value: Iterable<number>): ByteSink;
  length(): number;
  done(): Uint8Array;
}

export function createByteSink(): ByteSink {
  const out: number[] = [];
  const sink: ByteSink = {
    u8(value) {
      out.push(value & 0xff);
      return sink;
    },
    u16be(value) {
      out.push((value >> 8) & 0xff, value & 0xff);
      return sink;
    },
    u24be(value) {
      out.push((value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);
      return sink;
    },
    u32be(value) {
      out.push((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
      return sink;
    },
    u16le(value) {
      out.push(value & 0xff, (value >> 8) & 0xff);
      return sink;
    },
    u32le(value) {
      out.push(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff);
      return sink;
    },
    text(value, width, pad = 0) {
      for (let i = 0; i < width; i += 1) out.push(i < value.length ? value.charCodeAt(i) & 0x7f : pad);
      return sink;
    },
    bytes(value) {
      out.push(...value);
      return sink;
    },
    length: () => out.length,
    done: () => Uint8Array.from(out),
  };
  return sink;
}

/** Tenths of a degree Celsius as the kelvin-based word that Pylontech, Seplos and JBD send (offset 2731). */
export function kelvinWord(deciC: number): number {
  return deciC + 2731;
}
