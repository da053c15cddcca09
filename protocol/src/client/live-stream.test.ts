import { expect, test } from 'vitest';
import { backoffMs, createLiveStream, type LiveConnect, type LiveState } from './live-stream.js';

type Attempt = Parameters<LiveConnect>[0] & { end: () => void; closed: boolean };

function bench(options: { random?: number } = {}) {
  let nowMs = 0;
  const due: { at: number; work: () => void }[] = [];
  const attempts: Attempt[] = [];
  const messages: string[] = [];
  const states: LiveState[] = [];
  const openings: boolean[] = [];
  const stream = createLiveStream({
    connect: (given) => {
      let end = () => {};
      const done = new Promise<void>((resolve) => {
        end = resolve;
      });
      const attempt: Attempt = { ...given, end, closed: false };
      attempts.push(attempt);
      return {
        done,
        close: () => {
          attempt.closed = true;
        },
      };
    },
    timers: {
      now: () => nowMs,
      setTimeout: (work, ms) => {
        const entry = { at: nowMs + ms, work };
        due.push(entry);
        return entry;
      },
      clearTimeout: (handle) => {
        const index = due.indexOf(handle as (typeof due)[number]);
        if (index >= 0) due.splice(index, 1);
      },
      random: () => options.random ?? 1,
    },
    onMessage: (message) => messages.push(message.data),
    onState: (state) => states.push(state),
    onOpen: (afterGap) => openings.push(afterGap),
  });
  const advance = (ms: number): void => {
    nowMs += ms;
    for (const entry of due.filter((candidate) => candidate.at <= nowMs)) {
      due.splice(due.indexOf(entry), 1);
      entry.work();
    }
  };
  return { stream, attempts, messages, states, openings, advance };
}

const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

test('a lost line is opened again from the last event seen, and the page is told to read anew', async () => {
  const { stream, attempts, messages, openings, advance } = bench();
  stream.start();
  attempts[0]?.onOpen();
  attempts[0]?.onMessage({ id: '7', event: 'station', data: 'a' });
  expect(openings).toEqual([false]);
  attempts[0]?.end();
  await settle();
  expect(stream.state().phase).toBe('waiting');
  advance(500);
  expect(attempts).toHaveLength(2);
  expect(attempts[1]?.lastEventId).toBe('7');
  attempts[1]?.onOpen();
  attempts[1]?.onMessage({ id: '8', event: 'station', data: 'b' });
  expect(messages).toEqual(['a', 'b']);
  expect(openings).toEqual([false, true]);
  expect(stream.state()).toMatchObject({ phase: 'live', attempts: 0 });
});

test('the wait grows to its limit and starts small again after a good line', async () => {
  const { stream, attempts, advance } = bench();
  stream.start();
  const waits: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    attempts.at(-1)?.end();
    await settle();
    const { retryAtMs } = stream.state();
    const now = waits.reduce((sum, wait) => sum + wait, 0);
    waits.push((retryAtMs ?? 0) - now);
    advance(waits.at(-1) ?? 0);
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  attempts.at(-1)?.onOpen();
  attempts.at(-1)?.end();
  await settle();
  expect(stream.state().attempts).toBe(1);
});

test('a line without heartbeat is given up, and what it still says is ignored', async () => {
  const { stream, attempts, messages, advance } = bench();
  stream.start();
  attempts[0]?.onOpen();
  advance(30_000);
  attempts[0]?.onActivity();
  advance(30_000);
  expect(stream.state().phase).toBe('live');
  advance(10_000);
  expect(stream.state().phase).toBe('waiting');
  expect(attempts[0]?.closed).toBe(true);
  attempts[0]?.onMessage({ id: '1', event: undefined, data: 'late' });
  expect(messages).toEqual([]);
});

test('stopping closes the line and nothing starts again', async () => {
  const { stream, attempts, advance } = bench();
  stream.start();
  stream.stop();
  attempts[0]?.end();
  await settle();
  advance(100_000);
  expect(attempts).toHaveLength(1);
  expect(stream.state().phase).toBe('stopped');
});

test('retry now does not wait for the timer', async () => {
  const { stream, attempts } = bench();
  stream.start();
  attempts[0]?.end();
  await settle();
  stream.retryNow();
  expect(attempts).toHaveLength(2);
});

test('backoff keeps at least half of its step, whatever the dice say', () => {
  expect(backoffMs(3, 500, 15_000, 0)).toBe(1_000);
  expect(backoffMs(3, 500, 15_000, 1)).toBe(2_000);
});
