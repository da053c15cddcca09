import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import type { LiveEvent } from '@voltbay/protocol/api';
import { createLiveStream, type LiveState } from '@voltbay/protocol/client';
import { useEffect, useRef, useState } from 'react';
import { useServices } from '../services.js';

export const STOPPED: LiveState = { phase: 'stopped', attempts: 0, retryAtMs: null, lastActivityAtMs: null };

/** A page that is hidden for longer lets go of its line. */
const HIDDEN_MS = 20_000;

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
 * part of the page that shows them moves. What the page follows (`followed`, or the station or order of the filter) is read again when the
 * line opens; after a gap everything on the page is. A hidden page lets go of its line, of which a browser has six for all its tabs over
 * HTTP/1.1, and takes it up again when it is looked at.
 */
export function useLive(
  filter: { stationId?: string; orderId?: string },
  onEvent?: (event: LiveEvent) => void,
  followed?: QueryKey,
): { state: LiveState; retryNow: () => void } {
  const { connectEvents } = useServices();
  const queryClient = useQueryClient();
  const [state, setState] = useState<LiveState>(STOPPED);
  const stream = useRef<{ retryNow: () => void } | null>(null);
  const listener = useRef(onEvent);
  listener.current = onEvent;
  const { stationId, orderId } = filter;
  const key = useRef(followed);
  key.current = followed ?? (orderId ? ['order', orderId] : stationId ? ['station', stationId] : undefined);

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
      onOpen: (afterGap) => {
        if (afterGap) void queryClient.invalidateQueries();
        else if (key.current) void queryClient.invalidateQueries({ queryKey: key.current, exact: true });
      },
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
    let letGo: number | undefined;
    const looked = (): void => {
      window.clearTimeout(letGo);
      if (document.visibilityState === 'hidden') letGo = window.setTimeout(live.stop, HIDDEN_MS);
      else live.start();
    };
    looked();
    window.addEventListener('online', online);
    document.addEventListener('visibilitychange', looked);
    return () => {
      window.clearTimeout(letGo);
      window.removeEventListener('online', online);
      document.removeEventListener('visibilitychange', looked);
      live.stop();
    };
  }, [connectEvents, queryClient, stationId, orderId]);

  return { state, retryNow: () => stream.current?.retryNow() };
}
