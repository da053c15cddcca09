import { useQueryClient } from '@tanstack/react-query';
import type { LiveEvent } from '@voltbay/protocol/api';
import { createLiveStream, type LiveState } from '@voltbay/protocol/client';
import { useEffect, useRef, useState } from 'react';
import { useServices } from '../services.js';

export const STOPPED: LiveState = { phase: 'stopped', attempts: 0, retryAtMs: null, lastActivityAtMs: null };

const LIVE_TYPES: ReadonlySet<string> = new Set(['station', 'order', 'command', 'alarm']);

/** The hub's event, or null for what this version does not know. */
export function parseLiveEvent(data: string): LiveEvent | null {
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value !== 'object' || value === null) return null;
    const { type } = value as { type?: unknown };
    return typeof type === 'string' && LIVE_TYPES.has(type) ? (value as LiveEvent) : null;
  } catch {
    return null;
  }
}

/**
 * Follows the hub's events while the page is shown: puts stations, orders and commands into the query cache, so every
 * part of the page that shows them moves. After a gap everything on the page is read anew.
 */
export function useLive(
  filter: { stationId?: string; orderId?: string },
  onEvent?: (event: LiveEvent) => void,
): { state: LiveState; retryNow: () => void } {
  const { connectEvents } = useServices();
  const queryClient = useQueryClient();
  const [state, setState] = useState<LiveState>(STOPPED);
  const stream = useRef<{ retryNow: () => void } | null>(null);
  const listener = useRef(onEvent);
  listener.current = onEvent;
  const { stationId, orderId } = filter;

  useEffect(() => {
    const live = createLiveStream({
      connect: connectEvents({ stationId, orderId }),
      timers: {
        now: () => Date.now(),
        setTimeout: (work, ms) => window.setTimeout(work, ms),
        clearTimeout: (handle) => window.clearTimeout(handle as number),
        random: () => Math.random(),
      },
      onState: setState,
      onResume: () => void queryClient.invalidateQueries(),
      onMessage: (message) => {
        const event = parseLiveEvent(message.data);
        if (!event) return;
        if (event.type === 'station') queryClient.setQueryData(['station', event.id], event.station);
        if (event.type === 'order') queryClient.setQueryData(['order', event.id], event.order);
        if (event.type === 'command') queryClient.setQueryData(['command', event.id], event.command);
        listener.current?.(event);
      },
    });
    stream.current = live;
    live.start();
    const online = (): void => live.retryNow();
    window.addEventListener('online', online);
    return () => {
      window.removeEventListener('online', online);
      live.stop();
    };
  }, [connectEvents, queryClient, stationId, orderId]);

  return { state, retryNow: () => stream.current?.retryNow() };
}
