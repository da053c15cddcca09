import {
  chargeSchema,
  idSchema,
  ORDER_STATES,
  type OrderCreate,
  type OrderUpdate,
  orderCreateSchema,
  orderSchema,
  orderUpdateSchema,
} from '@voltbay/protocol';
import { z } from 'zod';
import type { Approvals } from '../approvals/approvals.js';
import { isoNow } from '../clock.js';
import { type Database, toResource } from '../db/index.js';
import {
  created,
  defineRoute,
  etagOf,
  type Grant,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  ok,
  type Principal,
  problem,
  type RequestFacts,
  scopeFilter,
  versioned,
} from '../http/index.js';
import type { OfflineOrders } from '../passes/offline-orders.js';
import type { Clock } from '../ports.js';
import { type ChargeDocument, chargesCollection } from '../wallets/wallets.js';
import { type OrderDocument, ordersCollection, toOrder } from './order-document.js';
import type { Orders, SwapRequest } from './orders.js';
import type { Reservations } from './reservations.js';

const LIST: ListSpec = {
  fields: {
    id: { kind: 'id', path: '_id' },
    state: { kind: 'enum', values: ORDER_STATES },
    origin: { kind: 'enum', values: ['remote', 'station', 'operator', 'offline'] },
    userId: { kind: 'id' },
    vehicleId: { kind: 'id' },
    stationId: { kind: 'id' },
    createdAt: { kind: 'time' },
    updatedAt: { kind: 'time' },
    completedAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
  lookup: ['_id', 'userId', 'vehicleId', 'stationId'],
};
const CHARGES: ListSpec = {
  fields: { userId: { kind: 'id' }, orderId: { kind: 'id' }, createdAt: { kind: 'time' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const OWNERSHIP = { own: 'userId', station: 'stationId' } as const;
const params = z.strictObject({ id: idSchema });

export function createOrderRoutes(deps: {
  database: Database;
  orders: Orders;
  offline: OfflineOrders;
  reservations: Pick<Reservations, 'claim' | 'finish'>;
  approvals: Pick<Approvals, 'needed'>;
  clock: Clock;
}): HttpRoute[] {
  const collection = deps.database.collection(ordersCollection);
  const charges = deps.database.collection(chargesCollection);

  const visible = async (id: string, principal: Principal, grant: Grant): Promise<OrderDocument> => {
    const order = await collection.findOne({ ...scopeFilter(principal, grant, OWNERSHIP), _id: id });
    if (!order) throw problem('NOT_FOUND', `no order ${id}`);
    return order;
  };
  const reply = (order: OrderDocument) => ({
    body: toOrder(order),
    headers: { ETag: etagOf(order.version), Location: `/core/v0/orders/${order._id}` },
  });

  const create = async (body: OrderCreate, principal: Principal, request: RequestFacts) => {
    const wanted = swapRequest(body, principal, request.idempotencyKey);
    if (body.pass !== undefined && (principal.audience !== 'station' || wanted.requestKey === null))
      throw problem('FORBIDDEN', 'body.pass: for stations, together with requestId');
    const { tenantId, userId, vehicleId, stationId, by } = wanted;
    const reserved = await deps.reservations.claim({ tenantId, userId, vehicleId, stationId });
    if (!reserved) return start(wanted, body, principal, request);
    try {
      return await start({ ...wanted, orderId: reserved._id }, body, principal, request);
    } finally {
      await deps.reservations.finish(reserved, by);
    }
  };
  const start = async (
    wanted: SwapRequest,
    body: OrderCreate,
    principal: Principal,
    request: RequestFacts,
  ) => {
    if (principal.audience === 'station') {
      const { order, isNew } =
        body.pass === undefined || wanted.requestKey === null
          ? await deps.orders.begin(wanted)
          : await deps.offline.begin(
              { ...wanted, requestKey: wanted.requestKey },
              { pass: body.pass, startedAt: body.startedAt ?? null },
            );
      const { body: shown, headers } = reply(order);
      return isNew ? created(shown, headers) : ok(shown, headers);
    }
    if (request.idempotencyKey === null) throw problem('IDEMPOTENCY_KEY_REQUIRED');
    const { body: shown, headers } = reply(await deps.orders.swap(wanted));
    return created(shown, headers);
  };
  const createRoute = (path: string, operationId: string, example: OrderCreate, description: string) =>
    defineRoute({
      method: 'post',
      path,
      operationId,
      summary: 'Start a swap',
      description,
      tags: ['orders'],
      access: needs('orders:create', { basic: true }),
      idempotency: 'optional',
      body: orderCreateSchema,
      example,
      responses: {
        200: { description: 'A station asked for a swap that has an order already', schema: orderSchema },
        201: { description: 'The station has started', schema: orderSchema },
      },
      problems: [
        'IDEMPOTENCY_KEY_REQUIRED',
        'NOT_FOUND',
        'FORBIDDEN',
        'CONFLICT',
        'OPEN_ORDER_EXISTS',
        'INSUFFICIENT_BALANCE',
        'STATION_REFUSED',
        'STATION_OFFLINE',
        'OUTCOME_UNKNOWN',
      ],
      handler: ({ body, principal, request }) => create(body, principal, request),
    });

  const update = async (id: string, body: OrderUpdate, principal: Principal, grant: Grant) => {
    const order = await visible(id, principal, grant);
    const to = body.state ?? 'completed';
    if (to === 'resolved')
      throw problem('FORBIDDEN', 'body.state: use POST /core/v0/orders/{id}/resolve with a note');
    if (principal.audience !== 'station' && to !== 'failed' && to !== 'cancelled')
      throw problem('FORBIDDEN', `body.state: only the station may report ${to}`);
    if (order.state === to) return reply(order);
    if (
      principal.audience !== 'station' &&
      (await deps.approvals.needed(order.tenantId, order.price.totalFen))
    )
      throw problem('FORBIDDEN', 'above the limit of one person: use POST /core/v0/orders/{id}/resolve');
    const at = body.at ?? isoNow(deps.clock);
    const movement = (packId: string | undefined, slot: number | undefined) => ({
      ...(packId === undefined ? {} : { packId }),
      ...(slot === undefined ? {} : { slot }),
      at,
    });
    const changed = await deps.orders.record(
      id,
      {
        key: null,
        to,
        who: `${principal.audience}:${principal.sub}`,
        what: body.note ?? `reported ${to}`,
        at,
        ...(body.reason === undefined ? {} : { reason: body.reason }),
        ...(body.returnedPackId !== undefined || body.returnedSlot !== undefined || to === 'returned'
          ? { returned: movement(body.returnedPackId, body.returnedSlot) }
          : {}),
        ...(body.dispensedPackId !== undefined || body.dispensedSlot !== undefined || to === 'dispensed'
          ? { dispensed: movement(body.dispensedPackId, body.dispensedSlot) }
          : {}),
      },
      { strict: true },
    );
    if (!changed) throw problem('NOT_FOUND', `no order ${id}`);
    return reply(changed);
  };
  const updateRoute = (path: string, operationId: string, description: string) =>
    defineRoute({
      method: 'put',
      path,
      operationId,
      summary: 'Report progress of a swap; an empty body completes it',
      description,
      tags: ['orders'],
      access: needs('orders:update', { basic: true }),
      params,
      body: orderUpdateSchema,
      bodyOptional: true,
      responses: { 200: { description: 'The order; the same when repeated', schema: orderSchema } },
      problems: ['NOT_FOUND', 'ILLEGAL_TRANSITION', 'FORBIDDEN'],
      async handler({ params: { id }, body, principal, grant }) {
        const { body: shown, headers } = await update(id, body, principal, grant);
        return ok(shown, headers);
      },
    });
  const getRoute = (path: string, operationId: string) =>
    defineRoute({
      method: 'get',
      path,
      operationId,
      summary: 'One order with its timeline',
      tags: ['orders'],
      access: needs('orders:read', { basic: true }),
      params,
      responses: { 200: { description: 'The order', schema: orderSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant, request }) {
        const order = await visible(id, principal, grant);
        return versioned(request, order, toOrder(order));
      },
    });

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/orders',
      operationId: 'listOrders',
      summary: 'Orders; riders see their own, stations those at themselves',
      tags: ['orders'],
      access: needs('orders:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Orders', schema: z.array(orderSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<OrderDocument>({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, OWNERSHIP),
          source: collection,
          toResource: toOrder,
        }),
    }),
    createRoute(
      '/core/v0/orders',
      'createOrder',
      { stationId: '1231', vehicleId: 'v-demo' },
      'Riders send stationId and vehicleId, operators userId as well; Idempotency-Key is required. 201: the station has started. 409: refused, with the reason. 503: offline, nothing was sent. 504: not known yet; the order named by resourceId is settled by evidence.',
    ),
    createRoute(
      '/core/v0/order',
      'createOrderAtStation',
      { user: 'u-demo', vehicle: 'v-demo', requestId: 'swap-000123' },
      "The 2021 plan's call by a station: {user, vehicle}. When the hub asked that station for this swap the answer is 200 with that order, never a second one.",
    ),
    getRoute('/core/v0/orders/{id}', 'getOrder'),
    getRoute('/core/v0/order/{id}', 'getOrderAtStation'),
    updateRoute('/core/v0/orders/{id}', 'updateOrder', 'Same as PUT /core/v0/order/{id}.'),
    updateRoute('/core/v0/order/{id}', 'completeOrder', "The 2021 plan's call by a station."),
    defineRoute({
      method: 'get',
      path: '/core/v0/charges',
      operationId: 'listCharges',
      summary: 'Money taken for orders',
      tags: ['orders'],
      access: needs('charges:read'),
      query: listQuery(CHARGES),
      responses: { 200: { description: 'Charges', schema: z.array(chargeSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<ChargeDocument>({
          request,
          list: listRequest(CHARGES, query),
          scope: scopeFilter(principal, grant, { own: 'userId' }),
          source: charges,
          toResource,
        }),
    }),
  ];
}

/** The body in either vocabulary, with what the caller may not choose filled in. */
function swapRequest(body: OrderCreate, principal: Principal, idempotencyKey: string | null): SwapRequest {
  const missing = (path: string) =>
    problem('VALIDATION', `body.${path}: required`, {
      errors: [{ path: `body.${path}`, message: 'required' }],
    });
  const vehicleId = body.vehicleId ?? body.vehicle;
  if (vehicleId === undefined) throw missing('vehicleId');
  const sent = body.userId ?? body.user;
  const base = { tenantId: principal.tenantId, vehicleId, by: `${principal.audience}:${principal.sub}` };
  if (principal.audience === 'station') {
    const device = principal.device ?? principal.sub;
    if (sent === undefined) throw missing('userId');
    if (body.stationId !== undefined && body.stationId !== device)
      throw problem('FORBIDDEN', 'body.stationId: a station makes orders at itself only');
    if (body.payBy !== undefined)
      throw problem('FORBIDDEN', 'body.payBy: for riders and operators; a station leaves it out');
    const request = body.requestId ?? idempotencyKey;
    return {
      ...base,
      userId: sent,
      stationId: device,
      origin: 'station',
      requestKey: request === null ? null : `station:${device}:${request}`,
    };
  }
  if (body.stationId === undefined) throw missing('stationId');
  const own = principal.audience === 'rider';
  if (own && sent !== undefined && sent !== principal.sub)
    throw problem('FORBIDDEN', 'body.userId: a rider makes own orders only');
  const userId = own ? principal.sub : sent;
  if (userId === undefined) throw missing('userId');
  return {
    ...base,
    userId,
    stationId: body.stationId,
    origin: own ? 'remote' : 'operator',
    ...(body.payBy === undefined ? {} : { payBy: body.payBy }),
    requestKey:
      idempotencyKey === null
        ? null
        : `${principal.audience}:${principal.tenantId}/${principal.sub}:${idempotencyKey}`,
  };
}
