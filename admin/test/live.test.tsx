import { QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, renderHook } from '@testing-library/react';
import type { LiveConnect } from '@voltbay/protocol/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useLive } from '../src/lib/live/use-live.js';
import { ServicesProvider } from '../src/lib/services.js';
import { aHub, someServices } from './render.js';

const visibility = vi.spyOn(document, 'visibilityState', 'get');
const HIDDEN_FOR_LONG_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
  visibility.mockReturnValue('visible');
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

/** A page that follows one order, and the lines it has opened. */
function follow() {
  const lines: { open: () => void; beat: () => void; closed: boolean }[] = [];
  const connect: LiveConnect = ({ onOpen, onActivity }) => {
    const line = { open: () => act(onOpen), beat: () => act(onActivity), closed: false };
    lines.push(line);
    return {
      done: new Promise(() => {}),
      close: () => {
        line.closed = true;
      },
    };
  };
  const services = someServices({ hub: aHub({}), connectEvents: () => connect });
  const anew: unknown[] = [];
  vi.spyOn(services.queryClient, 'invalidateQueries').mockImplementation(async (filters) => {
    anew.push(filters?.queryKey ?? 'everything');
  });
  const hook = renderHook(() => useLive({ orderId: 'o1' }), {
    wrapper: ({ children }) => (
      <ServicesProvider value={services}>
        <QueryClientProvider client={services.queryClient}>{children}</QueryClientProvider>
      </ServicesProvider>
    ),
  });
  return { lines, anew, hook };
}

const look = (state: DocumentVisibilityState): void => {
  visibility.mockReturnValue(state);
  act(() => void document.dispatchEvent(new Event('visibilitychange')));
};

test('what was read before the line was open is read again, and everything after a gap', () => {
  const { lines, anew } = follow();
  lines[0]?.open();
  expect(anew).toEqual([['order', 'o1']]);
  look('hidden');
  act(() => void vi.advanceTimersByTime(HIDDEN_FOR_LONG_MS));
  look('visible');
  lines[1]?.open();
  expect(anew).toEqual([['order', 'o1'], 'everything']);
});

test('a page that is hidden lets go of its line, and not when somebody only looks elsewhere for a moment', () => {
  const { lines, hook } = follow();
  lines[0]?.open();
  look('hidden');
  act(() => void vi.advanceTimersByTime(1_000));
  look('visible');
  act(() => void vi.advanceTimersByTime(HIDDEN_FOR_LONG_MS / 2));
  lines[0]?.beat();
  expect(lines.map(({ closed }) => closed)).toEqual([false]);
  look('hidden');
  act(() => void vi.advanceTimersByTime(HIDDEN_FOR_LONG_MS));
  expect(lines.map(({ closed }) => closed)).toEqual([true]);
  expect(hook.result.current.state.phase).toBe('stopped');
  look('visible');
  expect(lines.map(({ closed }) => closed)).toEqual([true, false]);
});
