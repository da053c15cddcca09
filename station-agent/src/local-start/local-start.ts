import { isTerminalOrderState, type Order, type OrderUpdate } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { type Clock, isoTime } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import { namedByPass, type OfflineStart, passOf } from '../offline-pass/offline-start.js';
import type { PassRefusal } from '../offline-pass/verdict.js';
import type { CompleteBody } from '../rest/call-queue.js';
import { type HubApi, HubApiError } from '../rest/hub-api.js';
import type { Storage } from '../storage/storage.js';
import type { SwapService } from '../swap/service.js';
import type { SwapRequest, SwapState } from '../swap/types.js';
import { findCard } from './card-file.js';
import { parseReaderCode, type ReaderCode } from './reader-code.js';

export type LocalStartResult =
  /** `orderId` null: made on a pass, the hub is told later. */
  | { ok: true; swapId: string; orderId: string | null }
  | {
      ok: false;
      code:
        | 'UNREADABLE'
        | 'UNKNOWN_CARD'
        | 'BUSY'
        | 'NOT_PERMITTED'
        | 'HUB_UNREACHABLE'
        | 'REFUSED'
        | PassRefusal;
      detail: string;
    };
export type LocalStart = ReturnType<typeof createLocalStart>;

type Deps = {
  dataDir: string;
  storage: Storage;
  api: HubApi;
  swaps: SwapService;
  /** Swaps on a pass while the hub cannot be reached. */
  offline: OfflineStart;
  isOnline: () => boolean;
  clock: Clock;
  log: Logger;
};

/** The same code read again within this time is one wish. */
const REPEAT_MS = 5_000;

/**
 * A rider shows a code at the station: get user, get vehicle, create order (the 2021 plan's calls), then a swap as any other. The
 * order is completed through the durable call queue when the swap ends.
 */
export function createLocalStart(deps: Deps) {
  const { storage, api, swaps, clock, log } = deps;
  let busy = false;
  let last = { payload: '', atMs: Number.NEGATIVE_INFINITY };

  async function start(payload: string): Promise<LocalStartResult> {
    const pass = passOf(payload.trim());
    if (pass !== null && !deps.isOnline()) {
      if (swaps.isBusy()) return { ok: false, code: 'BUSY', detail: 'another swap is running' };
      const result = await deps.offline.start(pass);
      return result.ok ? { ...result, orderId: null } : result;
    }
    const code = pass === null ? parseReaderCode(payload) : riderOf(pass);
    if (code.kind === 'unreadable') return { ok: false, code: 'UNREADABLE', detail: code.detail };
    const rider = code.kind === 'card' ? findCard(deps.dataDir, code.cardId) : code;
    if (!rider)
      return { ok: false, code: 'UNKNOWN_CARD', detail: 'the card is not registered at this station' };
    if (swaps.isBusy()) return { ok: false, code: 'BUSY', detail: 'another swap is running' };
    const [user, vehicle] = await Promise.all([api.getUser(rider.user), api.getVehicle(rider.vehicle)]);
    if (user.status !== undefined && user.status !== 'active')
      return { ok: false, code: 'NOT_PERMITTED', detail: `the account is ${user.status}` };
    if (vehicle.ownerUserId && vehicle.ownerUserId !== user.id)
      return { ok: false, code: 'NOT_PERMITTED', detail: 'the vehicle belongs to somebody else' };
    const packIds = vehicle.packIds ?? [];
    const request: SwapRequest = {
      swapId: uuidv7(),
      requestId: '',
      origin: 'local',
      user: user.id,
      vehicle: vehicle.id,
      returns: vehicle.packIds === undefined ? 1 : Math.min(1, packIds.length),
      count: 1,
      ...(packIds.length > 0 && { returnSerials: packIds }),
      ...(vehicle.packClass !== undefined && { packClass: vehicle.packClass }),
    };
    request.requestId = request.swapId;
    const orderId = await createOrder(request);
    if (orderId === null) return { ok: false, code: 'REFUSED', detail: 'the order is closed already' };
    request.orderId = orderId;
    const started = await swaps.start(request, { isLate: () => false, together: () => {} });
    if (started.ok) return { ok: true, swapId: request.swapId, orderId };
    queueUpdate(request, { state: 'refused', reason: started.reason, at: isoTime(clock.nowMs()) });
    return { ok: false, code: 'REFUSED', detail: `${started.reason}: ${started.detail}` };
  }

  /** The hub's order for this swap; null when it answers with one that is over. An order of unknown fate is cancelled later. */
  async function createOrder(request: SwapRequest): Promise<string | null> {
    const body = {
      user: request.user,
      vehicle: request.vehicle,
      requestId: request.requestId,
      startedAt: isoTime(clock.nowMs()),
    };
    for (let attempt = 1; ; attempt++)
      try {
        const order = await api.createOrder(body, request.swapId);
        return order.state !== undefined && isTerminalOrderState(order.state as Order['state'])
          ? null
          : order.id;
      } catch (error) {
        if (!(error instanceof HubApiError) || !error.retryable) throw error;
        if (attempt < 3) continue;
        // It may have been created: the queue asks again with the same key and cancels what it gets.
        storage.transact(() => {
          storage.rest.add({
            kind: 'create-order',
            swapId: request.swapId,
            idempotencyKey: request.swapId,
            body,
          });
          queueUpdate(request, {
            state: 'cancelled',
            reason: 'HARDWARE_SILENT',
            note: 'the hub did not answer in time',
          });
        });
        throw error;
      }
  }

  function queueUpdate(request: SwapRequest, update: OrderUpdate): void {
    const body: CompleteBody = { update, ...(request.orderId !== undefined && { orderId: request.orderId }) };
    storage.rest.add({
      kind: 'complete-order',
      swapId: request.swapId,
      idempotencyKey: `${request.swapId}:${update.state ?? 'completed'}`,
      body,
    });
  }

  return {
    /** A code event of the cabinet. Never throws; the outcome is logged and returned. */
    async handle(reader: 'qr' | 'rfid', payload: string): Promise<LocalStartResult | null> {
      const now = clock.monotonicMs();
      if (busy || (payload === last.payload && now - last.atMs < REPEAT_MS)) return null;
      busy = true;
      last = { payload, atMs: now };
      let result: LocalStartResult;
      try {
        result = await start(payload);
      } catch (error) {
        const unreachable = error instanceof HubApiError && error.retryable;
        result = { ok: false, code: unreachable ? 'HUB_UNREACHABLE' : 'REFUSED', detail: messageOf(error) };
      } finally {
        busy = false;
      }
      if (result.ok)
        log.info({ reader, swapId: result.swapId, orderId: result.orderId }, 'swap started at the reader');
      else log.warn({ reader, code: result.code, detail: result.detail }, 'code at the reader refused');
      return result;
    },
    /** Runs in the transaction that ends a local swap: its order is completed, or failed, once. */
    onSwapEnded(state: SwapState): void {
      const { request, ended } = state;
      if (request.origin === 'remote' || !ended) return;
      const [returned, dispensed] = [state.returned[0], state.dispensed[0]];
      queueUpdate(request, {
        state: ended.outcome === 'completed' ? 'completed' : 'failed',
        ...(returned && { returnedSlot: returned.slot }),
        ...(returned?.packId !== undefined && { returnedPackId: returned.packId }),
        ...(dispensed && { dispensedSlot: dispensed.slot }),
        ...(dispensed?.packId !== undefined && { dispensedPackId: dispensed.packId }),
        ...(ended.reason !== undefined && { reason: ended.reason }),
        at: isoTime(clock.nowMs()),
      });
    },
  };
}

function riderOf(pass: string): ReaderCode {
  const rider = namedByPass(pass);
  return rider ? { kind: 'rider', ...rider } : { kind: 'unreadable', detail: 'not a swap pass' };
}
