/** What one address of a list took, over all rounds. Times as the caller sees them. */
export type ListTime = {
  operationId: string;
  address: string;
  status: number;
  /** X-Total-Count. */
  total: number | null;
  p50Ms: number;
  p95Ms: number;
  maxMs: number;
};
/** One list route over all addresses at which it was asked. */
export type RouteTime = Pick<ListTime, 'operationId' | 'p50Ms' | 'p95Ms' | 'maxMs'> & {
  path: string;
  requests: number;
};
export type ListTimes = {
  lists: ListTime[];
  /** The slowest first. */
  routes: RouteTime[];
  /** Rounds that were begun in time. */
  rounds: number;
  /** Over every request of every list. */
  p95Ms: number;
  /** The list whose own 95th percentile is the highest. */
  slowest: ListTime | null;
};

type Parameter = { name: string; in: string; schema?: { enum?: string[] } };
type Operation = { operationId?: string; parameters?: Parameter[] };

/** Fills caches and compiles: not counted. */
const FIRST_ROUNDS = 1;

/**
 * Asks every list of the running hub's own document, as it comes, in each of its orders, and a page in the middle, `rounds` times in
 * turn. The lists below a resource are asked for one that exists.
 */
export async function measureLists(options: {
  baseUrl: string;
  token: string;
  rounds: number;
  /** No round is begun later than this after the first. */
  budgetMs?: number;
  /** Only lists whose operation id contains it. */
  only?: string;
}): Promise<ListTimes> {
  const { baseUrl, token, rounds } = options;
  const get = (path: string) => fetch(`${baseUrl}${path}`, { headers: { Authorization: `Bearer ${token}` } });
  const document = (await (await get('/openapi.json')).json()) as {
    paths: Record<string, { get?: Operation }>;
  };
  const firstId = async (parent: string): Promise<string | null> => {
    const answer = await get(`${parent}?_limit=1`);
    const [first] = answer.ok ? ((await answer.json()) as { id?: string }[]) : [];
    return first?.id ?? null;
  };
  const wanted: { operationId: string; address: string }[] = [];
  for (const [path, { get: operation }] of Object.entries(document.paths)) {
    const operationId = operation?.operationId ?? '';
    if (!operationId.startsWith('list') || !operationId.includes(options.only ?? '')) continue;
    let address = path;
    if (path.includes('{')) {
      const id = await firstId(path.slice(0, path.indexOf('/{')));
      if (id === null || path.indexOf('{') !== path.lastIndexOf('{')) continue;
      address = path.replace(/\{[^}]+\}/, encodeURIComponent(id));
    }
    const parameters = (operation?.parameters ?? []).filter((one) => one.in === 'query');
    wanted.push({ operationId, address });
    if (parameters.some(({ name }) => name === '_page')) {
      wanted.push({ operationId, address: `${address}?_limit=100` });
      wanted.push({ operationId, address: `${address}?_page=5` });
    }
    // What somebody who looks for one thing types, and what nobody has.
    if (parameters.some(({ name }) => name === 'q')) {
      const [first] = (await (await get(`${address}?_limit=1`)).json()) as { id?: string }[];
      for (const text of [first?.id ?? 'none', 'nothing-like-it'])
        wanted.push({ operationId, address: `${address}?q=${encodeURIComponent(text)}` });
    }
    for (const field of parameters.find(({ name }) => name === '_sort')?.schema?.enum ?? [])
      for (const order of ['asc', 'desc'])
        wanted.push({ operationId, address: `${address}?_sort=${field}&_order=${order}` });
  }
  const times = new Map<string, number[]>();
  const answers = new Map<string, { status: number; total: number | null }>();
  const endMs = performance.now() + (options.budgetMs ?? Number.POSITIVE_INFINITY);
  let begun = 0;
  for (let round = 0; round < rounds + FIRST_ROUNDS; round += 1) {
    // At least one that counts.
    if (round > FIRST_ROUNDS && performance.now() > endMs) break;
    begun = round + 1 - FIRST_ROUNDS;
    for (const { address } of wanted) {
      const startedAt = performance.now();
      const answer = await get(address);
      await answer.arrayBuffer();
      const tookMs = performance.now() - startedAt;
      const total = answer.headers.get('x-total-count');
      answers.set(address, { status: answer.status, total: total === null ? null : Number(total) });
      if (round >= FIRST_ROUNDS) times.set(address, [...(times.get(address) ?? []), tookMs]);
    }
  }
  const lists = wanted.map(({ operationId, address }): ListTime => {
    const sorted = (times.get(address) ?? []).sort((a, b) => a - b);
    return {
      operationId,
      address,
      status: answers.get(address)?.status ?? 0,
      total: answers.get(address)?.total ?? null,
      p50Ms: quantile(sorted, 0.5),
      p95Ms: quantile(sorted, 0.95),
      maxMs: quantile(sorted, 1),
    };
  });
  const slowest = lists.reduce<ListTime | null>(
    (worst, list) => (worst === null || list.p95Ms > worst.p95Ms ? list : worst),
    null,
  );
  const every = [...times.values()].flat().sort((a, b) => a - b);
  const routes = [...new Set(lists.map(({ operationId }) => operationId))]
    .map((operationId): RouteTime => {
      const own = lists.filter((list) => list.operationId === operationId);
      const sorted = own.flatMap(({ address }) => times.get(address) ?? []).sort((a, b) => a - b);
      return {
        operationId,
        path: own[0]?.address.split('?')[0] ?? '',
        requests: sorted.length,
        p50Ms: quantile(sorted, 0.5),
        p95Ms: quantile(sorted, 0.95),
        maxMs: quantile(sorted, 1),
      };
    })
    .sort((a, b) => b.p95Ms - a.p95Ms);
  return { lists, routes, rounds: begun, p95Ms: quantile(every, 0.95), slowest };
}

/** Of sorted values; in milliseconds with two digits. */
function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? 0;
  return Math.round(value * 100) / 100;
}
