import type { Battery, Command, Order, PrincipalInfo, Station } from '@voltbay/protocol/api';

/** A page of a list; `total` is what `X-Total-Count` says. */
export type Page<T> = { items: T[]; total: number };
export type ListQuery = Record<string, string | number | boolean | undefined>;

export type CommandRequest =
  | { name: 'SERVER_ASK_INFO' }
  | { name: 'SERVER_ASK_RESTART'; force?: boolean }
  | { name: 'SERVER_OPEN_SLOT'; slot: number; reason: string };

/** What the console asks of the hub. Throws ApiError, OfflineError, SignedOutError. */
export type HubApi = {
  me(signal?: AbortSignal): Promise<PrincipalInfo>;
  stations(query: ListQuery, signal?: AbortSignal): Promise<Page<Station>>;
  station(id: string, signal?: AbortSignal): Promise<Station>;
  sendCommand(stationId: string, command: CommandRequest, idempotencyKey: string): Promise<Command>;
  command(id: string, signal?: AbortSignal): Promise<Command>;
  orders(query: ListQuery, signal?: AbortSignal): Promise<Page<Order>>;
  order(id: string, signal?: AbortSignal): Promise<Order>;
  batteries(query: ListQuery, signal?: AbortSignal): Promise<Page<Battery>>;
  battery(id: string, signal?: AbortSignal): Promise<Battery>;
};

export function createHubApi(send: (request: Request) => Promise<Response>, origin: string): HubApi {
  const url = (path: string, query: ListQuery = {}): string => {
    const target = new URL(path, origin);
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined && value !== '') target.searchParams.set(key, String(value));
    }
    return target.href;
  };
  const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
    (await (await send(new Request(url(path), { signal }))).json()) as T;
  const page = async <T>(path: string, query: ListQuery, signal?: AbortSignal): Promise<Page<T>> => {
    const response = await send(new Request(url(path, query), { signal }));
    const items = (await response.json()) as T[];
    return { items, total: Number(response.headers.get('x-total-count') ?? items.length) };
  };
  const at = (collection: string, id: string): string => `/core/v0/${collection}/${encodeURIComponent(id)}`;

  return {
    me: (signal) => get('/auth/v1/me', signal),
    stations: (query, signal) => page('/core/v0/stations', query, signal),
    station: (id, signal) => get(at('stations', id), signal),
    async sendCommand(stationId, command, idempotencyKey) {
      const response = await send(
        new Request(url(`${at('stations', stationId)}/commands`), {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
          body: JSON.stringify(command),
        }),
      );
      return (await response.json()) as Command;
    },
    command: (id, signal) => get(at('commands', id), signal),
    orders: (query, signal) => page('/core/v0/orders', query, signal),
    order: (id, signal) => get(at('orders', id), signal),
    batteries: (query, signal) => page('/core/v0/batteries', query, signal),
    battery: (id, signal) => get(at('batteries', id), signal),
  };
}
