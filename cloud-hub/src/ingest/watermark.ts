/**
 * Which sequence numbers of one epoch are stored: all up to `upTo`, and ranges beyond it. Pure and bounded: when too many gaps pile up
 * the furthest ranges are forgotten, which costs a look into the database and never an acknowledgement of what is not stored.
 */
export interface Watermark {
  /** -1 = nothing is known to be stored. */
  readonly upTo: number;
  has(seq: number): boolean;
  add(seq: number): void;
  addRange(from: number, to: number): void;
  /** Stored numbers beyond `upTo` stand after a gap. */
  readonly gapped: boolean;
  /** The first missing range, when there is a gap. */
  firstGap(): { from: number; to: number } | null;
}

export function createWatermark(initialUpTo = -1, maxRanges = 1_024): Watermark {
  let upTo = initialUpTo;
  /** Disjoint, ascending, never touching `upTo`. */
  let ranges: { from: number; to: number }[] = [];

  /** Index of the first range that ends at or after `seq - 1`. */
  function position(seq: number): number {
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranges[middle]?.to ?? 0) < seq - 1) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function addRange(from: number, to: number): void {
    if (to <= upTo || to < from) return;
    if (from <= upTo + 1) {
      upTo = to;
    } else {
      let index = position(from);
      const merged = { from, to };
      let count = 0;
      for (let at = index; at < ranges.length; at++) {
        const range = ranges[at];
        if (!range || range.from > merged.to + 1) break;
        merged.from = Math.min(merged.from, range.from);
        merged.to = Math.max(merged.to, range.to);
        count++;
      }
      ranges.splice(index, count, merged);
      index = ranges.length;
      if (index > maxRanges) ranges = ranges.slice(0, maxRanges);
    }
    while (ranges[0] && ranges[0].from <= upTo + 1) {
      upTo = Math.max(upTo, ranges[0].to);
      ranges.shift();
    }
  }

  return {
    get upTo() {
      return upTo;
    },
    get gapped() {
      return ranges.length > 0;
    },
    has(seq) {
      if (seq <= upTo) return true;
      const range = ranges[position(seq)];
      return range !== undefined && range.from <= seq && seq <= range.to;
    },
    add: (seq) => addRange(seq, seq),
    addRange,
    firstGap() {
      const first = ranges[0];
      return first ? { from: upTo + 1, to: first.from - 1 } : null;
    },
  };
}
