import { fireEvent, screen, waitFor } from '@testing-library/react';
import { ApiError, OfflineError } from '@voltbay/protocol/client';
import { beforeEach, expect, test, vi } from 'vitest';
import { VehiclesScreen } from '../src/features/account/vehicles-screen.js';
import { PassScreen } from '../src/features/pass/pass-screen.js';
import { PlansScreen } from '../src/features/plans/plans-screen.js';
import { SwapScreen } from '../src/features/swap/swap-screen.js';
import { WalletScreen } from '../src/features/wallet/wallet-screen.js';
import type { Payment, Plan } from '../src/lib/api/money-api.js';
import { keptPass } from '../src/lib/passes/pass-store.js';
import { anIssuedPass, HOUR_MS } from './a-pass.js';
import { AT, anApi, renderScreen, signedIn } from './render.js';

const went: string[] = [];
vi.mock('expo-router', () => ({
  useRouter: () => ({ push: (to: string) => went.push(to), canGoBack: () => true, back: () => {} }),
  useLocalSearchParams: () => ({}),
}));
beforeEach(() => {
  went.length = 0;
});

const stored = { tenantId: 'demo', version: 1, createdAt: AT, updatedAt: AT };
const plan = (patch: Partial<Plan> = {}): Plan => ({
  ...stored,
  id: 'ten-swaps@1',
  plan: 'ten-swaps',
  kind: 'bundle',
  name: '十次卡',
  nameEn: 'Ten swaps',
  planVersion: 1,
  amountFen: 4_500,
  currency: 'CNY',
  terms: { swaps: 10, validDays: 30 },
  createdBy: 'admin',
  ...patch,
});
const payment = (patch: Partial<Payment> = {}): Payment => ({
  ...stored,
  id: 'p-1',
  userId: 'u-demo',
  provider: 'alipay',
  purpose: 'top-up',
  amountFen: 5_000,
  currency: 'CNY',
  state: 'pending',
  payWith: { kind: 'alipay-app', orderString: '', pageUrl: 'https://pay.example/1' },
  providerTradeNo: null,
  paidAt: null,
  expiresAt: new Date(Date.now() + 600_000).toISOString(),
  refundedFen: 0,
  ...patch,
});

test('a purchase whose answer was lost is repeated with the same key; a refused one is a new wish', async () => {
  const keys: string[] = [];
  const answers: Error[] = [
    new OfflineError(new Error('cut')),
    new ApiError(409, { code: 'CONFLICT' }),
    new ApiError(409, { code: 'CONFLICT' }),
  ];
  renderScreen(<PlansScreen />, {
    session: await signedIn(),
    api: anApi({
      plans: async () => [plan()],
      buyPlan: (_wish, key) => {
        keys.push(key);
        return Promise.reject(answers[keys.length - 1]);
      },
    }),
  });
  for (let tries = 1; tries <= 3; tries += 1) {
    fireEvent.click(await screen.findByTestId('buy-ten-swaps'));
    await waitFor(() => expect(keys).toHaveLength(tries));
    await waitFor(() =>
      expect(screen.getByTestId('buy-ten-swaps').getAttribute('aria-disabled')).not.toBe('true'),
    );
  }
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[1]);
});

test('only the newest version of a plan is for sale, and one beyond the wallet leads to the wallet', async () => {
  renderScreen(<PlansScreen />, {
    session: await signedIn(),
    api: anApi({
      plans: async () => [plan({ id: 'ten-swaps@2', planVersion: 2, amountFen: 12_000 }), plan()],
    }),
  });
  const offer = await screen.findByTestId('plan-ten-swaps');
  expect(screen.getAllByTestId('plan-ten-swaps')).toHaveLength(1);
  await waitFor(() => expect(offer.textContent).toContain('Top up ¥20.00 first'));
  fireEvent.click(screen.getByTestId('top-up-ten-swaps'));
  expect(went).toEqual(['/me/wallet']);
});

test('a top-up counts when the provider has confirmed, not when the rider comes back', async () => {
  let state: Payment['state'] = 'pending';
  const opened: string[] = [];
  renderScreen(<WalletScreen />, {
    session: await signedIn(),
    api: anApi({
      startTopUp: async () => payment(),
      payment: async () => payment({ state }),
    }),
    openPayment: async (payWith) => {
      opened.push(payWith.kind);
      return { kind: 'opened' };
    },
  });
  fireEvent.click(await screen.findByTestId('pay'));
  expect(await screen.findByTestId('payment-pending')).toBeTruthy();
  expect(opened).toEqual(['alipay-app']);
  state = 'paid';
  expect(await screen.findByTestId('payment-paid', {}, { timeout: 15_000 })).toBeTruthy();
});

test('a vehicle is bound by its VIN alone, by a plate only with the end of the VIN', async () => {
  const asked: object[] = [];
  renderScreen(<VehiclesScreen />, {
    session: await signedIn(),
    api: anApi({
      bindVehicle: (by) => {
        asked.push(by);
        return Promise.reject(new ApiError(409, { code: 'CONFLICT', reason: 'VEHICLE_TAKEN' }));
      },
    }),
  });
  const text = await screen.findByTestId('vehicle-text');
  fireEvent.change(text, { target: { value: '京A·D8888' } });
  expect(screen.getByTestId('bind-vehicle').getAttribute('aria-disabled')).toBe('true');
  fireEvent.change(screen.getByTestId('vehicle-tail'), { target: { value: '00000a' } });
  fireEvent.click(screen.getByTestId('bind-vehicle'));
  expect(await screen.findByText('Somebody owns this vehicle; they have to transfer it')).toBeTruthy();
  expect(asked).toEqual([{ plate: '京A·D8888', vinTail: '00000A' }]);
});

test('the pass is fetched by itself, its code shown on purpose only, and then honestly open', async () => {
  const pass = anIssuedPass({ expiresAt: new Date(Date.now() + HOUR_MS).toISOString() });
  renderScreen(<PassScreen />, {
    session: await signedIn(),
    api: anApi({ issuePass: async () => pass, passes: async () => [pass] }),
  });
  expect(await screen.findByTestId('show-pass')).toBeTruthy();
  expect(screen.queryByTestId('pass-qr')).toBeNull();
  fireEvent.click(screen.getByTestId('show-pass'));
  expect(await screen.findByTestId('pass-qr')).toBeTruthy();
  expect(screen.getByTestId('pass-says').textContent).toContain('until then it does not say "done"');
  expect(localStorage.getItem('voltbay.pass')).toContain('"shownAt":"20');
});

test('the pass that is replaced is taken back only after the new one is kept', async () => {
  const old = keptPass(anIssuedPass({ id: 'pass-old', vehicleId: 'v-sold' }), Date.now());
  localStorage.setItem('voltbay.pass', JSON.stringify(old));
  const keptThen: (string | null)[] = [];
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({
      issuePass: async () => anIssuedPass({ id: 'pass-new', expiresAt: '2099-01-01T00:00:00.000Z' }),
      revokePass: async (id) => {
        keptThen.push(id, localStorage.getItem('voltbay.pass'));
        return anIssuedPass({ id, state: 'revoked' });
      },
    }),
  });
  await waitFor(() => expect(keptThen[0]).toBe('pass-old'));
  expect(keptThen[1]).toContain('pass-new');
});
