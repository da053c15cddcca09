import type { DecodeErrorClass } from '@voltbay/protocol';
import { cabinet } from '@voltbay/protocol/devices';
import { HardwareError } from '../../hardware/ports.js';
import { createLineReader, type LineReader } from '../../transports/serial/line-reader.js';
import type { SerialLink } from '../../transports/serial/serial-link.js';
import { refusal } from './refusals.js';

/** docs/protocol/cabinet.md, "Messages": the controller answers within 200 ms, the agent waits 500 ms. */
const ANSWER_MS = 500;
const READ_ATTEMPTS = 2;
const OPEN_ATTEMPTS = 2;
const MAX_QUEUED = 64;
const MAX_ID = 65_535;

type Values = ReadonlyMap<string, string>;
type Waiting = {
  request: cabinet.CabinetRequest;
  attemptsLeft: number;
  sent: boolean;
  resolve(values: Values): void;
  reject(error: unknown): void;
};

export type RequestLineDeps = {
  link: SerialLink;
  onEvent(event: cabinet.CabinetEvent): void;
  /** Called after each answer (0) and each timeout (how many in a row). */
  onTimeouts(inARow: number): void;
  onBadLine(error: DecodeErrorClass, detail: string): void;
};

export type RequestLine = {
  /** Sends when its turn comes. @throws HardwareError TIMEOUT, LINK_DOWN, BUSY (queue full) or the controller's refusal. */
  ask(request: cabinet.CabinetRequest, signal?: AbortSignal): Promise<Values>;
  /** The controller restarted and forgot its tokens: an OPEN that is under way must not be repeated. */
  forbidRepeats(): void;
  /** Fails everything that waits; for a lost link or the end. */
  failAll(error: HardwareError): void;
  close(): void;
};

/**
 * Requests to the controller, one outstanding at a time. A read that stays unanswered is repeated under a new id; OPEN is repeated with
 * its own token, which the controller executes once; nothing else is repeated.
 */
export function createRequestLine({ link, onEvent, onTimeouts, onBadLine }: RequestLineDeps): RequestLine {
  const queue: Waiting[] = [];
  let lastId = 0;
  let timeoutsInARow = 0;
  let outstanding: { id: number; waiting: Waiting; timer: NodeJS.Timeout } | null = null;
  let lines = createLines();

  function createLines(): LineReader {
    return createLineReader({ delimiter: '\n', maxChars: cabinet.MAX_LINE_CHARS, onLine: takeLine });
  }

  function takeLine(line: string): void {
    if (line.trim() === '') return;
    const parsed = cabinet.parseLine(line);
    if (!parsed.ok) {
      if (parsed.error !== 'echo') onBadLine(parsed.error, parsed.detail);
      return;
    }
    if (parsed.value.kind === 'event') {
      onEvent(parsed.value);
      return;
    }
    // A late answer to a request that was given up has another id and is dropped.
    if (outstanding?.id !== parsed.value.id) return;
    const { waiting, timer } = outstanding;
    clearTimeout(timer);
    outstanding = null;
    timeoutsInARow = 0;
    onTimeouts(0);
    if (parsed.value.ok) waiting.resolve(parsed.value.values);
    else waiting.reject(refusal(waiting.request, parsed.value.code, parsed.value.text));
    sendNext();
  }

  function sendNext(): void {
    if (outstanding) return;
    const waiting = queue.shift();
    if (!waiting) return;
    lastId = (lastId % MAX_ID) + 1;
    const id = lastId;
    waiting.attemptsLeft -= 1;
    waiting.sent = true;
    outstanding = { id, waiting, timer: setTimeout(() => onTimeout(id), ANSWER_MS) };
    const bytes = Buffer.from(cabinet.encodeRequest(id, waiting.request), 'latin1');
    link.write(bytes).catch((error: unknown) => {
      if (outstanding?.id !== id) return;
      clearTimeout(outstanding.timer);
      outstanding = null;
      waiting.reject(error);
      sendNext();
    });
  }

  function withdraw(waiting: Waiting, reason: unknown): void {
    const at = queue.indexOf(waiting);
    if (at < 0) return;
    queue.splice(at, 1);
    waiting.reject(reason);
  }

  function onTimeout(id: number): void {
    if (outstanding?.id !== id) return;
    const { waiting } = outstanding;
    outstanding = null;
    if (waiting.attemptsLeft > 0) queue.unshift(waiting);
    else waiting.reject(timeout(waiting.request));
    timeoutsInARow += 1;
    onTimeouts(timeoutsInARow);
    sendNext();
  }

  const offData = link.onData((chunk) => lines.push(chunk));
  const offState = link.onState((up) => {
    if (up) return;
    lines.close();
    lines = createLines();
    timeoutsInARow = 0;
  });

  function failAll(error: HardwareError): void {
    const waiting = queue.splice(0);
    if (outstanding) {
      clearTimeout(outstanding.timer);
      waiting.unshift(outstanding.waiting);
      outstanding = null;
    }
    for (const { reject } of waiting) reject(error);
  }

  return {
    ask(request, signal) {
      if (!link.isUp()) {
        const why = link.lastError()?.message ?? 'not open yet';
        return Promise.reject(new HardwareError('LINK_DOWN', `cabinet port ${link.path}: ${why}`));
      }
      if (queue.length >= MAX_QUEUED)
        return Promise.reject(
          new HardwareError('BUSY', `${MAX_QUEUED} requests to the cabinet are waiting already`),
        );
      try {
        cabinet.encodeRequest(1, request);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        return Promise.reject(new HardwareError('BAD_ARGUMENT', text, { cause: error }));
      }
      if (signal?.aborted) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const settled = new AbortController();
        const waiting: Waiting = {
          request,
          attemptsLeft: attemptsFor(request),
          sent: false,
          resolve(values) {
            settled.abort();
            resolve(values);
          },
          reject(error) {
            settled.abort();
            reject(error);
          },
        };
        // Once sent it can not be called back: then the answer is awaited, at most until its timeout.
        signal?.addEventListener('abort', () => withdraw(waiting, signal.reason), { signal: settled.signal });
        queue.push(waiting);
        sendNext();
      });
    },
    forbidRepeats() {
      for (const waiting of [...queue, ...(outstanding ? [outstanding.waiting] : [])])
        if (waiting.sent) waiting.attemptsLeft = 0;
      for (let at = queue.length - 1; at >= 0; at -= 1) {
        const waiting = queue[at];
        if (!waiting?.sent || waiting.attemptsLeft > 0) continue;
        queue.splice(at, 1);
        waiting.reject(timeout(waiting.request));
      }
    },
    failAll,
    close() {
      failAll(new HardwareError('LINK_DOWN', 'the agent is stopping'));
      offData();
      offState();
      lines.close();
    },
  };
}

function attemptsFor(request: cabinet.CabinetRequest): number {
  if (cabinet.READ_VERBS.has(request.verb)) return READ_ATTEMPTS;
  return request.verb === 'OPEN' ? OPEN_ATTEMPTS : 1;
}

function timeout(request: cabinet.CabinetRequest): HardwareError {
  const what = 'slot' in request ? `${request.verb} for slot ${request.slot}` : request.verb;
  return new HardwareError('TIMEOUT', `the cabinet did not answer ${what}`);
}
