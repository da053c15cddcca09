import { z } from 'zod';
import { toResource as toPlainResource } from '../db/index.js';
import { problem } from './problem.js';
import { ok, type Reply, type RequestFacts } from './route.js';

/**
 * List parameters of design section 5: `_limit`, `_page` or `_cursor`, `_sort`, `_order`, `field`, `field_gte`, `field_lte`,
 * `field_ne`, `field_like`, `q`. A list names the fields it filters and sorts by; all else is refused by name.
 */
export type ListField =
  | { kind: 'text' | 'id' | 'time' }
  | { kind: 'int' }
  | { kind: 'boolean' }
  | { kind: 'enum'; values: readonly string[] };

export type ListSpec = {
  /** Public name → kind; `path` below maps it to the stored field when they differ. */
  fields: Readonly<Record<string, ListField & { path?: string }>>;
  /** Sortable fields; each needs an index `{tenantId, field, _id}`. */
  sort: readonly string[];
  defaultSort: { field: string; order: 'asc' | 'desc' };
  /** Stored fields that `q` searches (contains, case-insensitive). */
  search?: readonly string[];
  /**
   * Stored fields that `q` is looked up in first, one after the other, each by an index: the whole value, of `_id` also its beginning
   * from 8 characters on (the first hundred). Only where none has it is `search` read through; a list that grows without end has no `search`.
   */
  lookup?: readonly string[];
  maxLimit?: number;
};

export type ListRequest = {
  filter: Record<string, unknown>;
  /** What `q` asks for, where it is to be looked up first. */
  lookup: { text: string; fields: readonly string[]; otherwise: Record<string, unknown> | null } | null;
  limit: number;
  page: number;
  cursor: { value: unknown; id: string } | null;
  sortPath: string;
  order: 1 | -1;
};

const DEFAULT_LIMIT = 20;
const MAX_PAGE = 10_000;

const valueSchemas = (field: ListField): z.ZodType => {
  switch (field.kind) {
    case 'int':
      return z.coerce.number().int();
    case 'boolean':
      return z.enum(['true', 'false']).transform((text) => text === 'true');
    case 'enum':
      return z.enum(field.values as [string, ...string[]]);
    case 'time':
      return z.iso.datetime();
    default:
      return z.string().max(200);
  }
};

/** Strict schema of a list's query, for `query:` of the route; its output goes into `listRequest`. */
export function listQuery(spec: ListSpec) {
  const shape: Record<string, z.ZodType> = {
    _limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(spec.maxLimit ?? 100)
      .optional(),
    _page: z.coerce.number().int().min(1).max(MAX_PAGE).optional(),
    _cursor: z.string().min(1).max(512).optional(),
    _sort: z.enum(spec.sort as [string, ...string[]]).optional(),
    _order: z.enum(['asc', 'desc']).optional(),
  };
  if (spec.search || spec.lookup) shape.q = z.string().min(1).max(100).optional();
  for (const [name, field] of Object.entries(spec.fields)) {
    const value = valueSchemas(field);
    shape[name] = value.optional();
    shape[`${name}_ne`] = value.optional();
    if (field.kind === 'int' || field.kind === 'time') {
      shape[`${name}_gte`] = value.optional();
      shape[`${name}_lte`] = value.optional();
    }
    if (field.kind === 'text' || field.kind === 'id') shape[`${name}_like`] = z.string().max(100).optional();
  }
  return z.strictObject(shape) as z.ZodType<Record<string, unknown>>;
}

/** Checked query to a filter with sort and window. */
export function listRequest(spec: ListSpec, query: Record<string, unknown>): ListRequest {
  const filter: Record<string, unknown> = {};
  const add = (path: string, operator: string, value: unknown) => {
    filter[path] = { ...(filter[path] as object | undefined), [operator]: value };
  };
  for (const [name, field] of Object.entries(spec.fields)) {
    const path = field.path ?? name;
    if (query[name] !== undefined) add(path, '$eq', query[name]);
    if (query[`${name}_ne`] !== undefined) add(path, '$ne', query[`${name}_ne`]);
    if (query[`${name}_gte`] !== undefined) add(path, '$gte', query[`${name}_gte`]);
    if (query[`${name}_lte`] !== undefined) add(path, '$lte', query[`${name}_lte`]);
    const like = query[`${name}_like`];
    if (typeof like === 'string') {
      add(path, '$regex', escapeRegex(like));
      add(path, '$options', 'i');
    }
  }
  const text = typeof query.q === 'string' ? query.q : null;
  const contains =
    text !== null && spec.search
      ? { $or: spec.search.map((path) => ({ [path]: { $regex: escapeRegex(text), $options: 'i' } })) }
      : null;
  if (!spec.lookup) Object.assign(filter, contains);
  if (query._page !== undefined && query._cursor !== undefined)
    throw problem('VALIDATION', 'query._cursor: send _page or _cursor, not both');
  const sort = (query._sort as string | undefined) ?? spec.defaultSort.field;
  const order =
    (query._order as string | undefined) ??
    (query._sort === undefined || query._sort === spec.defaultSort.field ? spec.defaultSort.order : 'asc');
  return {
    filter,
    lookup: text !== null && spec.lookup ? { text, fields: spec.lookup, otherwise: contains } : null,
    limit: (query._limit as number | undefined) ?? DEFAULT_LIMIT,
    page: (query._page as number | undefined) ?? 1,
    cursor: typeof query._cursor === 'string' ? decodeCursor(query._cursor) : null,
    sortPath: sort === 'id' ? '_id' : (spec.fields[sort]?.path ?? sort),
    order: order === 'asc' ? 1 : -1,
  };
}

const escapeRegex = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

const encodeCursor = (value: unknown, id: string): string =>
  Buffer.from(JSON.stringify([value ?? null, id])).toString('base64url');

function decodeCursor(text: string): { value: unknown; id: string } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const scalar = (value: unknown) => value === null || typeof value !== 'object';
    if (Array.isArray(parsed) && parsed.length === 2 && typeof parsed[1] === 'string' && scalar(parsed[0]))
      return { value: parsed[0], id: parsed[1] };
  } catch {
    // Falls through to the one message for every kind of bad cursor.
  }
  throw problem('VALIDATION', 'query._cursor: use the cursor of the Link header');
}

type AnyDocument = { _id: string };
/** The three calls that a list needs of a driver collection. */
type ListSource = {
  // biome-ignore lint/suspicious/noExplicitAny: any stored document type
  find(filter: any, options?: any): { toArray(): Promise<any[]> };
  // biome-ignore lint/suspicious/noExplicitAny: as above
  countDocuments(filter: any): Promise<number>;
};

/**
 * Runs a list: `scope` (from `scopeFilter`) first, the caller's filters within it. Answers the page with `X-Total-Count` and
 * RFC 8288 `Link` (first, prev, next, last with `_page`; next with `_cursor`).
 */
export async function listReply<T extends AnyDocument, R = unknown>(options: {
  request: RequestFacts;
  list: ListRequest;
  scope: Record<string, unknown>;
  source: ListSource;
  /** How a document is shown; `toResources` where the page needs one more query. */
  toResource?: (document: T) => R;
  toResources?: (documents: readonly T[]) => Promise<R[]>;
  projection?: Record<string, 0 | 1>;
}): Promise<Reply> {
  const { list, source } = options;
  const scope = list.lookup ? await lookedUp(source, options.scope, list.lookup) : options.scope;
  if (scope === null) return ok([], { 'X-Total-Count': '0', 'Cache-Control': 'private, no-cache' });
  const filter = { $and: [scope, ...(Object.keys(list.filter).length ? [list.filter] : [])] };
  const window = list.cursor ? { $and: [...filter.$and, afterCursor(list)] } : filter;
  const sort =
    list.sortPath === '_id' ? { _id: list.order } : { [list.sortPath]: list.order, _id: list.order };
  const counting = countOf(source, scope, list.filter);
  const few = hasPattern(list.filter) && (await counting) <= FEW;
  const found = few ? ((await counting) > 0 ? await idsOf(source, filter) : []) : null;
  const [total, documents] = await Promise.all([
    counting,
    source
      .find(
        found
          ? { $and: [scope, { _id: { $in: found } }, ...(list.cursor ? [afterCursor(list)] : [])] }
          : window,
        {
          sort,
          limit: list.limit + 1,
          skip: list.cursor ? 0 : (list.page - 1) * list.limit,
          projection: options.projection,
        },
      )
      .toArray() as Promise<T[]>,
  ]);
  const page = documents.slice(0, list.limit);
  const last = page.at(-1);
  const nextCursor =
    documents.length > list.limit && last ? encodeCursor(readPath(last, list.sortPath), last._id) : null;
  const headers: Record<string, string> = {
    'X-Total-Count': String(total),
    'Cache-Control': 'private, no-cache',
  };
  const links = linksOf(options.request.url, list, total, nextCursor);
  if (links) headers.Link = links;
  const { toResource, toResources } = options;
  const shown = toResources
    ? await toResources(page)
    : page.map((document) => (toResource ? toResource(document) : toPlainResource(document)));
  return ok(shown, headers);
}

const FEW = 1_000;

const hasPattern = (filter: Record<string, unknown>): boolean =>
  Object.values(filter).some(
    (condition) => typeof condition === 'object' && condition !== null && '$regex' in condition,
  );

/**
 * The ids of all that match, where they are few: they are sorted then, while a page of many is full before long when it is read in its
 * order. How many contain a text the keys of an index tell.
 */
async function idsOf(source: ListSource, filter: Record<string, unknown>): Promise<string[]> {
  const found = await source.find(filter, { limit: FEW, projection: { _id: 1 } }).toArray();
  return found.map(({ _id }) => _id as string);
}

const MIN_ID_START = 8;
const MAX_IDS = 100;

/** The id itself, or those that begin with it: read from the key alone, whose tenant the scope then looks at. */
async function idsFrom(source: ListSource, text: string): Promise<string[]> {
  if (text.length < MIN_ID_START) return [text];
  const begins = { _id: { $gte: text, $lt: `${text}\uffff` } };
  const found = await source
    .find(begins, { sort: { _id: 1 }, limit: MAX_IDS, projection: { _id: 1 } })
    .toArray();
  return found.map(({ _id }) => _id as string);
}

/** The scope with the one field that has the text; null when nothing can match. */
async function lookedUp(
  source: ListSource,
  scope: Record<string, unknown>,
  { text, fields, otherwise }: NonNullable<ListRequest['lookup']>,
): Promise<Record<string, unknown> | null> {
  const within = (condition: Record<string, unknown>) =>
    Object.keys(condition).some((key) => key in scope)
      ? { $and: [scope, condition] }
      : { ...scope, ...condition };
  for (const field of fields) {
    const narrowed = within(
      field === '_id' ? { _id: { $in: await idsFrom(source, text) } } : { [field]: text },
    );
    if ((await source.find(narrowed, { limit: 1, projection: { _id: 1 } }).toArray()).length > 0)
      return narrowed;
  }
  return otherwise && within(otherwise);
}

/**
 * How many match. What differs from a value is counted as all less those that have it: both stand in an index, while "different" has
 * to be read document by document.
 */
async function countOf(
  source: ListSource,
  scope: Record<string, unknown>,
  filter: Record<string, unknown>,
): Promise<number> {
  const count = (wanted: Record<string, unknown>) =>
    source.countDocuments({ $and: [scope, ...(Object.keys(wanted).length ? [wanted] : [])] });
  for (const [path, condition] of Object.entries(filter)) {
    const operators = condition !== null && typeof condition === 'object' ? Object.keys(condition) : [];
    if (operators.length !== 1 || operators[0] !== '$ne') continue;
    const { [path]: _different, ...rest } = filter;
    const [all, same] = await Promise.all([
      count(rest),
      count({ ...rest, [path]: { $eq: (condition as { $ne: unknown }).$ne } }),
    ]);
    // An insert between the two must not make it negative.
    return Math.max(0, all - same);
  }
  return count(filter);
}

function afterCursor(list: ListRequest): Record<string, unknown> {
  const beyond = list.order === 1 ? '$gt' : '$lt';
  const { value, id } = list.cursor as { value: unknown; id: string };
  if (list.sortPath === '_id') return { _id: { [beyond]: id } };
  // null sorts before every value of ours, and `$gt: null` matches nothing: say what comes after it.
  const further =
    value === null
      ? list.order === 1
        ? [{ [list.sortPath]: { $ne: null } }]
        : []
      : [{ [list.sortPath]: { [beyond]: value } }, ...(list.order === -1 ? [{ [list.sortPath]: null }] : [])];
  return { $or: [...further, { [list.sortPath]: value, _id: { [beyond]: id } }] };
}

const readPath = (document: object, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        value && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined,
      document,
    );

function linksOf(url: string, list: ListRequest, total: number, nextCursor: string | null): string | null {
  const [path = '', search = ''] = url.split('?', 2);
  const link = (rel: string, set: Record<string, string>, drop: string) => {
    const query = new URLSearchParams(search);
    query.delete(drop);
    for (const [key, value] of Object.entries(set)) query.set(key, value);
    return `<${path}?${query}>; rel="${rel}"`;
  };
  const links: string[] = [];
  if (list.cursor) {
    if (nextCursor) links.push(link('next', { _cursor: nextCursor }, '_page'));
  } else {
    const lastPage = Math.max(1, Math.ceil(total / list.limit));
    const page = (rel: string, number: number) => link(rel, { _page: String(number) }, '_cursor');
    links.push(page('first', 1));
    if (list.page > 1) links.push(page('prev', Math.min(list.page - 1, lastPage)));
    if (nextCursor) {
      links.push(page('next', list.page + 1));
      links.push(link('next-cursor', { _cursor: nextCursor }, '_page'));
    }
    links.push(page('last', lastPage));
  }
  return links.length ? links.join(', ') : null;
}
