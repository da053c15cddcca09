/** What a list shows, kept in the URL so that it can be shared, bookmarked and returned to. */
export type ListSearch = {
  q?: string;
  page?: number;
  size?: number;
  sort?: string;
  order?: 'asc' | 'desc';
  /** Field filter of the list: state, lifecycle, status, online, … */
  filter?: Record<string, string>;
};

export const PAGE_SIZES = [20, 50, 100] as const;
export const DEFAULT_PAGE_SIZE = PAGE_SIZES[0];

const WORD = /^[A-Za-z][A-Za-z0-9._]{0,40}$/;

const positive = (value: unknown): number | undefined => {
  const number = Number(value);
  return Number.isInteger(number) && number > 0 && number <= 1_000_000 ? number : undefined;
};

/** Anything in the URL that makes no sense is dropped instead of breaking the page. */
export function parseListSearch(search: Record<string, unknown>): ListSearch {
  const size = positive(search.size);
  const filter: Record<string, string> = {};
  if (typeof search.filter === 'object' && search.filter !== null) {
    for (const [key, value] of Object.entries(search.filter)) {
      if (WORD.test(key) && value !== '' && value !== null) filter[key] = String(value).slice(0, 80);
    }
  }
  return {
    q: search.q === undefined || search.q === '' ? undefined : String(search.q).slice(0, 80),
    page: positive(search.page),
    size: PAGE_SIZES.find((known) => known === size),
    sort: typeof search.sort === 'string' && WORD.test(search.sort) ? search.sort : undefined,
    order: search.order === 'asc' || search.order === 'desc' ? search.order : undefined,
    filter: Object.keys(filter).length > 0 ? filter : undefined,
  };
}

/**
 * The hub's list parameters for it, typed as the list wants them: what the URL holds is checked by the hub, which refuses a
 * field that it does not know. `fallback` is what the list sorts by when the URL does not say.
 */
export function listQuery<Query>(
  search: ListSearch,
  fallback: { sort: string; order: 'asc' | 'desc' },
): Query {
  return {
    _page: search.page ?? 1,
    _limit: search.size ?? DEFAULT_PAGE_SIZE,
    _sort: search.sort ?? fallback.sort,
    _order: search.sort ? (search.order ?? 'asc') : fallback.order,
    q: search.q,
    ...search.filter,
  } as Query;
}

export const isFiltered = (search: ListSearch): boolean => Boolean(search.q || search.filter);

/** The same list, one page of an export: 100 rows. */
export const exportQuery = <Query>(
  search: ListSearch,
  page: number,
  fallback: { sort: string; order: 'asc' | 'desc' },
): Query => listQuery<Query>({ ...search, page, size: 100 }, fallback);
