import type { Battery, Command, Order, PrincipalInfo, Station } from '@voltbay/protocol/api';
import createClient, { type Client } from 'openapi-fetch';
import { body, type Page, page, type QueryOf } from './answers.js';
import type { operations, paths } from './generated/schema.js';
import { createOfficeApi, type OfficeApi } from './office-api.js';

export type { Page } from './answers.js';
export type StationQuery = QueryOf<'listStations'>;
export type OrderQuery = QueryOf<'listOrders'>;
export type BatteryQuery = QueryOf<'listBatteries'>;

export type CommandRequest =
  | { name: 'SERVER_ASK_INFO' }
  | { name: 'SERVER_ASK_RESTART'; force?: boolean }
  | { name: 'SERVER_OPEN_SLOT'; slot: number; reason: string };

/** The hub leaves `data` out where a command has none. */
export type HubCommand = Omit<Command, 'data'> & { data?: unknown };
type CustodyAnswer = operations['listBatteryCustody']['responses'][200]['content']['application/json'];
/** One hand-over of a pack, with the evidence for it. */
export type CustodyEntry = CustodyAnswer[number];
type AlarmAnswer = operations['listAlarms']['responses'][200]['content']['application/json'];
export type Alarm = AlarmAnswer[number];
export type AlarmQuery = QueryOf<'listAlarms'>;

/** What the console asks of the hub. Throws ApiError, OfflineError, SignedOutError. */
export type HubApi = OfficeApi & {
  /** Every other route of the hub, typed by its OpenAPI document; a refusal is thrown. */
  client: Client<paths>;
  me(signal?: AbortSignal): Promise<PrincipalInfo>;
  stations(query: StationQuery, signal?: AbortSignal): Promise<Page<Station>>;
  station(id: string, signal?: AbortSignal): Promise<Station>;
  sendCommand(stationId: string, command: CommandRequest, idempotencyKey: string): Promise<HubCommand>;
  command(id: string, signal?: AbortSignal): Promise<HubCommand>;
  orders(query: OrderQuery, signal?: AbortSignal): Promise<Page<Order>>;
  order(id: string, signal?: AbortSignal): Promise<Order>;
  cancelOrder(id: string, idempotencyKey: string): Promise<Order>;
  batteries(query: BatteryQuery, signal?: AbortSignal): Promise<Page<Battery>>;
  battery(id: string, signal?: AbortSignal): Promise<Battery>;
  custody(batteryId: string, signal?: AbortSignal): Promise<CustodyEntry[]>;
  alarms(query: AlarmQuery, signal?: AbortSignal): Promise<Page<Alarm>>;
  acknowledgeAlarm(id: string): Promise<Alarm>;
};

export function createHubApi(send: (request: Request) => Promise<Response>, origin: string): HubApi {
  const hub = createClient<paths>({ baseUrl: origin, fetch: send });
  return {
    client: hub,
    ...createOfficeApi(hub),
    me: async (signal) => body(await hub.GET('/auth/v1/me', { signal })),
    stations: async (query, signal) =>
      page(await hub.GET('/core/v0/stations', { params: { query }, signal })),
    station: async (id, signal) =>
      body(await hub.GET('/core/v0/stations/{id}', { params: { path: { id } }, signal })),
    sendCommand: async (id, command, idempotencyKey) =>
      body(
        await hub.POST('/core/v0/stations/{id}/commands', {
          params: { path: { id }, header: { 'Idempotency-Key': idempotencyKey } },
          body: command,
        }),
      ),
    command: async (id, signal) =>
      body(await hub.GET('/core/v0/commands/{id}', { params: { path: { id } }, signal })),
    orders: async (query, signal) => page(await hub.GET('/core/v0/orders', { params: { query }, signal })),
    order: async (id, signal) =>
      body(await hub.GET('/core/v0/orders/{id}', { params: { path: { id } }, signal })),
    cancelOrder: async (id, idempotencyKey) =>
      body(
        await hub.POST('/core/v0/orders/{id}/cancel', {
          params: { path: { id }, header: { 'Idempotency-Key': idempotencyKey } },
          body: {},
        }),
      ),
    batteries: async (query, signal) =>
      page(await hub.GET('/core/v0/batteries', { params: { query }, signal })),
    battery: async (id, signal) =>
      body(await hub.GET('/core/v0/batteries/{id}', { params: { path: { id } }, signal })),
    custody: async (id, signal) =>
      body(
        await hub.GET('/core/v0/batteries/{id}/custody', {
          params: { path: { id }, query: { _limit: 50 } },
          signal,
        }),
      ),
    alarms: async (query, signal) => page(await hub.GET('/core/v0/alarms', { params: { query }, signal })),
    acknowledgeAlarm: async (id) =>
      body(await hub.POST('/core/v0/alarms/{id}/acknowledge', { params: { path: { id } } })),
  };
}
