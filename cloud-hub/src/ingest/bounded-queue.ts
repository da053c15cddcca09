/**
 * A queue that takes what is offered and says when it is full: `push` then returns a promise that resolves as soon as there is room.
 * Producers that wait for it bound the memory.
 */
export interface BoundedQueue<T> {
  push(item: T, bytes: number): undefined | Promise<void>;
  /** Up to `maxItems` and about `maxBytes` from the front. */
  take(maxItems: number, maxBytes: number): T[];
  readonly length: number;
  readonly bytes: number;
  readonly waiting: number;
}

export function createBoundedQueue<T>(limits: { maxItems: number; maxBytes: number }): BoundedQueue<T> {
  let items: { item: T; bytes: number }[] = [];
  let head = 0;
  let bytes = 0;
  const waiters: (() => void)[] = [];
  const full = () => items.length - head >= limits.maxItems || bytes >= limits.maxBytes;

  return {
    get length() {
      return items.length - head;
    },
    get bytes() {
      return bytes;
    },
    get waiting() {
      return waiters.length;
    },
    push(item, size) {
      items.push({ item, bytes: size });
      bytes += size;
      return full() ? new Promise((resolve) => waiters.push(resolve)) : undefined;
    },
    take(maxItems, maxBytes) {
      const taken: T[] = [];
      let size = 0;
      while (head < items.length && taken.length < maxItems && size < maxBytes) {
        const entry = items[head++];
        if (!entry) break;
        taken.push(entry.item);
        size += entry.bytes;
      }
      bytes -= size;
      if (head > 1_024 || head === items.length) {
        items = items.slice(head);
        head = 0;
      }
      if (!full()) for (const resume of waiters.splice(0)) resume();
      return taken;
    },
  };
}
