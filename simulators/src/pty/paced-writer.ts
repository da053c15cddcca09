import { writeSync } from 'node:fs';

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
 * Writes to the master end of a pty at the pace of a serial line (8N1: ten bits a byte). `baudRate` 0 = unpaced. A line keeps its own time:
 * bytes that were due while this process had no CPU are there when it has it again, as they would be in a UART's buffer.
 * An own queue is needed: a tty stream writes blocking to a pty and would deadlock a process that holds both ends. The descriptor itself
 * does not block, so it is written in place: the thread pool would add its own delay to each answer.
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
  let soon: NodeJS.Immediate | undefined;
  let closed = false;
  /** When the last byte of the jobs so far has travelled. */
  let freeMs = Number.NEGATIVE_INFINITY;
  /** When the first job's first byte set off, and how far it got. */
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

  function pump(): void {
    timer = undefined;
    while (!closed && jobs[0] && timer === undefined && soon === undefined) advance(jobs[0]);
  }

  function advance(job: Job): void {
    const now = performance.now();
    if (startedMs === undefined) {
      if (now < job.notBeforeMs) {
        later(job.notBeforeMs - now);
        return;
      }
      startedMs = Math.max(job.notBeforeMs, freeMs);
    }
    const { length } = job.bytes;
    const due = msPerByte === 0 ? length : Math.min(length, Math.floor((now - startedMs) / msPerByte));
    // Small steps keep the pace without a timer for every byte.
    const step = Math.min(length - sent, Math.max(1, Math.ceil(3 / (msPerByte || 1))));
    if (due - sent >= step) {
      put(job, due - sent);
      return;
    }
    const waitMs = startedMs + (sent + step) * msPerByte - now;
    // A timer is up to a millisecond late; whoever asked waits for the last byte.
    if (waitMs < 1 && sent + step === length) soon = setImmediate(pumpSoon);
    else later(waitMs);
  }

  function pumpSoon(): void {
    soon = undefined;
    pump();
  }

  function put(job: Job, count: number): void {
    try {
      sent += writeSync(fd, job.bytes, sent, count, null);
      stalledSinceMs = undefined;
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      if (failure.code !== 'EAGAIN') {
        drop();
        onError(failure);
        return;
      }
      const now = performance.now();
      stalledSinceMs ??= now;
      if (now - stalledSinceMs > STALL_MS) drop();
      later(2);
      return;
    }
    if (sent < job.bytes.length) return;
    freeMs = (startedMs ?? performance.now()) + sent * msPerByte;
    jobs.shift();
    queued -= job.bytes.length;
    finishJob();
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
      if (timer === undefined && soon === undefined) pump();
    },
    lost: () => lost,
    close() {
      closed = true;
      jobs = [];
      clearTimeout(timer);
      clearImmediate(soon);
    },
  };
}
