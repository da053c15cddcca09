import { useCallback, useState } from 'react';
import { type ListSearch, parseListSearch } from '../list-search.js';

/** A list's search under a name that its user gave it. */
export type SavedView = { name: string; search: ListSearch };
export type ListPreferences = { hidden: string[]; views: SavedView[] };

export const MAX_VIEWS = 20;
const NONE: ListPreferences = { hidden: [], views: [] };

/** Anything kept that makes no sense is left out. */
export function parseListPreferences(text: string | null): ListPreferences {
  try {
    const value = JSON.parse(text ?? '{}') as Partial<Record<keyof ListPreferences, unknown>>;
    const views = Array.isArray(value.views) ? value.views : [];
    return {
      hidden: Array.isArray(value.hidden)
        ? value.hidden.filter((key): key is string => typeof key === 'string')
        : [],
      views: views
        .filter((view) => typeof view?.name === 'string' && typeof view?.search === 'object' && view.search)
        .slice(0, MAX_VIEWS)
        .map((view) => ({ name: String(view.name).slice(0, 40), search: parseListSearch(view.search) })),
    };
  } catch {
    return NONE;
  }
}

/** What this person chose for one list, kept in this browser. */
export function useListPreferences(list: string): {
  preferences: ListPreferences;
  change: (patch: Partial<ListPreferences>) => void;
} {
  const key = `voltbay.list.${list}`;
  const [preferences, setPreferences] = useState(() => parseListPreferences(localStorage.getItem(key)));
  const change = useCallback(
    (patch: Partial<ListPreferences>) =>
      setPreferences((before) => {
        const next = { ...before, ...patch };
        localStorage.setItem(key, JSON.stringify(next));
        return next;
      }),
    [key],
  );
  return { preferences, change };
}
