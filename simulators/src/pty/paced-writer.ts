import { write } from 'node:fs';

/** Bytes that wait here at most; a UART without flow control loses what comes on top. */
const MAX_QUEUED = 64 * 1024;
/** A reader that takes nothing for this long is not there: what waits is lost, as on a real wire. */
const STALL_MS = 1_000;
const BITS_PER_BYTE = 10;

export interface PacedWriter {
  /** Sends bytes after what is queued already, not before `notBeforeMs` (monotonic). */
  send(bytes: Uint8Array, notBeforeMs?: number): void;
  /** Bytes lost because nobody read or the queue was full. */
  lost(): number;
  close(): void;
}

interface Job {
  readonly bytes: Uint8Array;
  readonly notBeforeMs: number;
}

/**
 * Writes to the master end of a pty at the pace of a serial line (8N1: ten bits a byte). `baudRate` 0 = unpaced.
 * An own queue over fs.write is needed: a tty stream writes blocking to a pty and would deadlock a process that
 * holds both ends.
 */
export function createPacedWriter(
  fd: number,
  baudRate: number,
  onError: (error: Error) => void,
): PacedWriter {
  const msPerByte = baudRate > 0 ? (BITS_PER_BYTE * 1000) / baudRate : 0;
  let jobs: Job[] = [];
  let queued = 0;
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let closed = false;
  /** When the line becomes free, and how far the first job got. */
  let startedMs: number | undefined;
  let sent = 0;
  let stalledSinceMs: number | undefined;

  function later(ms: number): void {
    timer = setTimeout(pump, Math.max(0, ms));
    timer.unref();
  }

  function drop(): void {
    lost += queued;
    jobs = [];
    queued = 0;
    finishJob();
  }

  function finishJob(): void {
    startedMs = undefined;
    sent = 0;
    stalledSinceMs = undefined;
  }

  function pump() {
    timer = undefined;
    const job = jobs[0];
    if (!job || busy || closed) return;
    const now = performance.now();
    if (startedMs === undefined) {
      if (now < job.notBeforeMs) return later(job.notBeforeMs - now);
      startedMs = Math.max(job.notBeforeMs, now - 4);
    }
    const due =
      msPerByte === 0
        ? job.bytes.length
        : Math.min(job.bytes.length, Math.floor((now - startedMs) / msPerByte));
    // Small steps keep the pace without a timer for every byte.
    const step = Math.min(job.bytes.length - sent, Math.max(1, Math.ceil(3 / (msPerByte || 1))));
    if (due - sent < step) return later(startedMs + (sent + step) * msPerByte - now);
    busy = true;
    write(fd, job.bytes, sent, due - sent, null, written);
  }

  function written(error: NodeJS.ErrnoException | null, count: number) {
    busy = false;
    if (closed) return;
    if (error && error.code !== 'EAGAIN') {
      drop();
      onError(error);
      return;
    }
    if (error) {
      const now = performance.now();
      stalledSinceMs ??= now;
      if (now - stalledSinceMs > STALL_MS) drop();
      return later(2);
    }
    stalledSinceMs = undefined;
    sent += count;
    const job = jobs[0];
    if (job && sent >= job.bytes.length) {
      jobs.shift();
      queued -= job.bytes.length;
      finishJob();
    }
    pump();
  }

  return {
    send(bytes, notBeforeMs = performance.now()) {
      if (closed || bytes.length === 0) return;
      if (queued + bytes.length > MAX_QUEUED) {
        lost += bytes.length;
        return;
      }
      jobs.push({ bytes, notBeforeMs });
      queued += bytes.length;
      if (timer === undefined) pump();
    },
    lost: () => lost,
    close() {
      closed = true;
      jobs = [];
      if (timer) clearTimeout(timer);
    },
  };
}
