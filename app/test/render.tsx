import { QueryClient } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { Order, PublicStation } from '@voltbay/protocol/api';
import { ApiError, createSession, type Session } from '@voltbay/protocol/client';
import { AppRoot } from '../src/app-root.js';
import type { RiderApi } from '../src/lib/api/rider-api.js';
import type { PayOption } from '../src/lib/api/swap-api.js';
import { createPassStore } from '../src/lib/passes/pass-store.js';
import { createPushPort } from '../src/lib/push/push-port.web.js';
import type { Services } from '../src/lib/services.js';
import { keptText } from '../src/lib/storage/kept-text.web.js';
import { createQueryKeeper } from '../src/lib/storage/query-keeper.js';

export const AT = '2026-11-22T08:00:00.000Z';

export function aSession(): Session {
  return createSession({
    now: () => Date.now(),
    storage: { read: () => keptText.read('session'), write: (value) => keptText.write('session', value) },
    refresh: async () => ({ ok: false, why: 'unreachable' }),
  });
}

/** A rider who signed in earlier. */
export async function signedIn(): Promise<Session> {
  const session = aSession();
  await session.accept({ accessToken: 'a', tokenType: 'Bearer', expiresInS: 600, refreshToken: 'r' });
  return session;
}

export function aStation(patch: Partial<PublicStation> = {}): PublicStation {
  return {
    id: '1231',
    name: 'Demo Station',
    location: { lat: 39.9042, lon: 116.4074 },
    timeZone: 'Asia/Shanghai',
    openingHours: null,
    online: true,
    inService: true,
    readyNow: 3,
    readyBy: [],
    ready: { A: 2, B: 1 },
    emptySlots: 1,
    slotCount: 8,
    lastSeenAt: AT,
    ...patch,
  };
}

export function anOrder(patch: Partial<Order> = {}): Order {
  return {
    id: 'o-1',
    tenantId: 'demo',
    version: 1,
    createdAt: AT,
    updatedAt: AT,
    kind: 'swap',
    state: 'dispatched',
    origin: 'remote',
    userId: 'u-demo',
    vehicleId: 'v-demo',
    stationId: '1231',
    commandId: null,
    packClass: 'A',
    returned: null,
    dispensed: null,
    price: {
      planVersion: 'per-swap@1',
      lines: [{ label: 'Swap', amountFen: 600 }],
      totalFen: 600,
      currency: 'CNY',
    },
    payment: { state: 'held', amountFen: 600, chargeId: null },
    reason: null,
    timeline: [],
    expiresAt: null,
    completedAt: null,
    ...patch,
  };
}

/** Answers of a calm day; a test changes what it is about. */
export function anApi(patch: Partial<RiderApi> = {}): RiderApi {
  const user = {
    id: 'u-demo',
    tenantId: 'demo',
    version: 1,
    createdAt: AT,
    updatedAt: AT,
    name: '李雷',
    phone: '13800000001',
    status: 'active' as const,
    realName: 'none' as const,
    locale: 'en' as const,
    balanceFen: 10_000,
    vehicleIds: ['v-demo'],
  };
  return {
    requestCode: async () => {},
    signIn: async () => ({ accessToken: 'a', tokenType: 'Bearer', expiresInS: 600, refreshToken: 'r' }),
    refresh: async () => ({ ok: false, why: 'unreachable' }),
    stations: async () => [aStation()],
    me: async () => ({ sub: 'u-demo', audience: 'rider', tenantId: 'demo', roles: [], permissions: [] }),
    user: async () => user,
    vehicles: async () => [
      {
        id: 'v-demo',
        tenantId: 'demo',
        version: 1,
        createdAt: AT,
        updatedAt: AT,
        plate: '京A·D0001',
        packClass: 'A',
        packSlots: 1,
        ownerUserId: 'u-demo',
        packIds: ['VB-A-0900'],
      },
    ],
    updateUser: async () => user,
    bindVehicle: async () => unasked(),
    notices: async () => [],
    readNotice: async () => {},
    readAllNotices: async () => {},
    noticePreferences: async () => unasked(),
    saveNoticePreferences: async (preferences) => preferences,
    myData: async () => ({}),
    closeAccount: async () => unasked(),
    registerPush: async () => unasked(),
    removePush: async () => {},
    price: async () => aPrice(),
    payOptions: async () => [aPayOption()],
    station: async () => ({ ...aStation(), slots: [] }),
    orders: async () => [],
    order: async () => anOrder(),
    startSwap: async () => anOrder(),
    reservations: async () => [],
    reserve: async () => unasked(),
    releaseReservation: async () => unasked(),
    passes: async () => [],
    issuePass: async () => unasked(),
    revokePass: async () => unasked(),
    plans: async () => [],
    subscriptions: async () => [],
    buyPlan: async () => unasked(),
    cancelSubscription: async () => unasked(),
    coupons: async () => [],
    claimCoupon: async () => unasked(),
    payments: async () => [],
    payment: async () => unasked(),
    startTopUp: async () => unasked(),
    deposits: async () => [],
    placeDeposit: async () => unasked(),
    returnDeposit: async () => unasked(),
    refunds: async () => [],
    invoices: async () => [],
    requestInvoice: async () => unasked(),
    disputes: async () => [],
    openDispute: async () => unasked(),
    withdrawDispute: async () => unasked(),
    reportStation: async () => {},
    ...patch,
  };
}

/** What no test has prepared is refused, so that a screen which asks for it is seen. */
function unasked(): never {
  throw new ApiError(404, { code: 'NOT_FOUND' });
}

export function aPrice(totalFen = 600): Order['price'] {
  return {
    planVersion: 'per-swap@1',
    lines: [{ label: '单次换电', labelEn: 'One swap', code: 'base', amountFen: totalFen }],
    totalFen,
    currency: 'CNY',
  };
}

/** This swap alone, as what is taken by default. */
export const aPayOption = (patch: Partial<PayOption> = {}): PayOption => ({
  payBy: 'swap',
  kind: 'swap',
  name: null,
  nameEn: null,
  swapsLeft: null,
  endsAt: null,
  isDefault: true,
  price: aPrice(),
  ...patch,
});

export function renderScreen(element: React.ReactNode, patch: Partial<Services> = {}) {
  localStorage.setItem('voltbay.language', 'en');
  let keys = 0;
  const queryClient = new QueryClient({
    defaultOptions: { queries: { retry: false, networkMode: 'always' } },
  });
  const services: Services = {
    session: aSession(),
    api: anApi(),
    connectOrder: () => () => ({ done: new Promise(() => {}), close: () => {} }),
    locate: async () => null,
    keptText,
    newKey: () => {
      keys += 1;
      return `key-${keys}`;
    },
    keptFiles: keptText,
    queryKeeper: createQueryKeeper({ client: queryClient, kept: keptText, now: () => Date.now() }),
    push: createPushPort(),
    saveText: async () => true,
    openPayment: async () => ({ kind: 'opened' }),
    passes: createPassStore(keptText),
    queryClient,
    ...patch,
  };
  return { services, ...render(<AppRoot services={services}>{element}</AppRoot>) };
}
