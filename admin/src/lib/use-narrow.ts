import { useSyncExternalStore } from 'react';

/** Below this a table cannot be read; the same limit as in the style sheets. */
const QUERY = '(max-width: 860px)';

export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(QUERY);
      query.addEventListener('change', listener);
      return () => query.removeEventListener('change', listener);
    },
    () => matchMedia(QUERY).matches,
  );
}
