import type { Order, TokenResponse } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import { SimulatorError } from '../errors.js';
import type { LightPack } from '../fleet/light-cabinet.js';
import { type OperatorApi, PATIENT_MS, RefusedError, request } from '../rider/api.js';

/** A rider with a phone, a vehicle and the pack in it; everything goes over the same API as from the app. */
export interface RiderAccount {
  readonly userId: string;
  readonly vehicleId: string;
  /** The pack that the rider really has. */
  pack: LightPack;
  /** Asks for a swap. Throws RefusedError. */
  order(stationId: string): Promise<Order>;
  find(orderId: string): Promise<Order>;
  /** Pays into the wallet through a provider and resolves when the hub has credited it. */
  topUp(amountFen: number): Promise<void>;
}

export interface RiderAccountDeps {
  apiUrl: string;
  operator: OperatorApi;
  clock: Clock;
  /** The text message that has come to a phone. */
  textFor(phone: string): Promise<string>;
  /** Pays a trade at the provider, as the rider does in the provider's app. */
  pay(tradeNo: string): Promise<unknown>;
}

type Payment = { id: string; state: string };

/** Renewed this long before it ends, so that it never ends on the way. */
const TOKEN_MARGIN_MS = 60_000;
/** Looked for so often, each 20 ms and an answer after the other: minutes on a slow machine. */
const CREDIT_LOOKS = 2_000;

/** Registers rider, pack and vehicle as an operator does, and signs the rider in by text message. */
export async function openRiderAccount(
  deps: RiderAccountDeps,
  rider: { number: number; pack: LightPack; keys: string },
): Promise<RiderAccount> {
  const { apiUrl, operator, clock } = deps;
  const { number, pack } = rider;
  const phone = `139${String(number).padStart(8, '0')}`;
  // An address of its own: the hub limits what comes from one.
  const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const headers = { 'x-forwarded-for': address };
  const user = await operator.post<{ id: string }>('/core/v0/users', { phone, name: `Rider ${number}` });
  await operator.post('/core/v0/batteries', { id: pack.serial, packClass: pack.packClass });
  const vehicle = await operator.post<{ id: string }>('/core/v0/vehicles', {
    plate: `C${String(number).padStart(6, '0')}`,
    packClass: pack.packClass,
    ownerUserId: user.id,
    packIds: [pack.serial],
  });
  let session: { accessToken: string; refreshToken: string | undefined; endsMs: number } | null = null;
  let calls = 0;

  const post = <T>(path: string, body: object, token?: string): Promise<T> => {
    calls += 1;
    return request<T>(apiUrl, path, {
      method: 'POST',
      timeoutMs: PATIENT_MS,
      body: JSON.stringify(body),
      headers: { ...headers, 'idempotency-key': `${rider.keys}-${number}-${calls}` },
      ...(token === undefined ? {} : { token }),
    });
  };
  const grant = async (body: object): Promise<string> => {
    const given = await post<TokenResponse>('/auth/v1/token', body);
    session = {
      accessToken: given.accessToken,
      refreshToken: given.refreshToken,
      endsMs: clock.nowMs() + given.expiresInS * 1000,
    };
    return given.accessToken;
  };
  const signIn = async (): Promise<string> => {
    await post('/auth/v1/otp', { phone });
    const code = /(\d{4,8})\D*$/.exec(await deps.textFor(phone))?.[1];
    if (code === undefined) throw new SimulatorError('SIM_HUB_REFUSED', `no code in the text to ${phone}`);
    return grant({ grantType: 'otp', phone, code });
  };
  const token = async (): Promise<string> => {
    if (session && session.endsMs - TOKEN_MARGIN_MS > clock.nowMs()) return session.accessToken;
    if (!session?.refreshToken) return signIn();
    return grant({ grantType: 'refresh', refreshToken: session.refreshToken }).catch((error: unknown) => {
      if (error instanceof RefusedError && error.problem.status === 401) return signIn();
      throw error;
    });
  };
  const get = async <T>(path: string): Promise<T> =>
    request<T>(apiUrl, path, { token: await token(), headers, timeoutMs: PATIENT_MS });

  const account: RiderAccount = {
    userId: user.id,
    vehicleId: vehicle.id,
    pack,
    order: async (stationId) =>
      post<Order>('/core/v0/orders', { stationId, vehicleId: vehicle.id }, await token()),
    find: (orderId) => get<Order>(`/core/v0/orders/${orderId}`),
    async topUp(amountFen) {
      const { id } = await post<Payment>(
        '/core/v0/payments',
        { provider: 'wechat', amountFen },
        await token(),
      );
      await deps.pay(id);
      for (let look = 0; look < CREDIT_LOOKS; look += 1) {
        if ((await get<Payment>(`/core/v0/payments/${id}`)).state === 'paid') return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new SimulatorError('SIM_HUB_REFUSED', `payment ${id} was paid and never credited`);
    },
  };
  return account;
}
