import { useQueryClient } from '@tanstack/react-query';
import { ApiError } from '@voltbay/protocol/client';
import { useRef, useState } from 'react';
import { useServices } from '../services.js';

/** A hub that said no clearly will say it again: the next try is a new wish. Anything else may have happened already. */
const isClearNo = (error: unknown): boolean =>
  error instanceof ApiError && error.status < 500 && error.status !== 429;

/**
 * Something that must happen once: its key stays the same until there is a clear answer, so that pressing again after a lost one buys
 * nothing twice. `refresh` names the queries that it changes.
 */
export function useAction<A extends unknown[], T>(
  work: (key: string, ...args: A) => Promise<T>,
  options: { refresh?: readonly string[]; onDone?: (result: T) => void } = {},
) {
  const { newKey } = useServices();
  const queryClient = useQueryClient();
  const key = useRef<{ of: string; key: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function run(...args: A): Promise<void> {
    const wish = JSON.stringify(args);
    if (key.current?.of !== wish) key.current = { of: wish, key: newKey() };
    setBusy(true);
    setError(null);
    try {
      const result = await work(key.current.key, ...args);
      key.current = null;
      for (const name of options.refresh ?? []) void queryClient.invalidateQueries({ queryKey: [name] });
      options.onDone?.(result);
    } catch (cause) {
      if (isClearNo(cause)) key.current = null;
      setError(cause);
    } finally {
      setBusy(false);
    }
  }

  return { run: (...args: A) => void run(...args), busy, error, clear: () => setError(null) };
}
