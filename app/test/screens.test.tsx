import { fireEvent, screen, waitFor } from '@testing-library/react';
import { ApiError, OfflineError } from '@voltbay/protocol/client';
import { beforeEach, expect, test, vi } from 'vitest';
import { MeScreen } from '../src/features/me/me-screen.js';
import { StationsScreen } from '../src/features/stations/stations-screen.js';
import { SwapScreen } from '../src/features/swap/swap-screen.js';
import { anApi, anOrder, aPayOption, aPrice, aStation, renderScreen, signedIn } from './render.js';

/** The address bar is not what is tested here; navigation is written down. */
const WAIT = { timeout: 10_000 };
const went: string[] = [];
let query: Record<string, string> = {};
vi.mock('expo-router', () => ({
  useRouter: () => ({
    push: (to: string) => went.push(to),
    navigate: (to: string) => went.push(to),
    replace: (to: string) => went.push(to),
    back: () => went.push('back'),
    canGoBack: () => true,
  }),
  useLocalSearchParams: () => query,
}));
beforeEach(() => {
  went.length = 0;
  query = {};
});

test('stations are listed by distance when the place is known', async () => {
  const far = aStation({ id: '2', name: 'Far', location: { lat: 40.2, lon: 116.4 } });
  const near = aStation({ id: '1', name: 'Near', location: { lat: 39.91, lon: 116.4 } });
  const empty = aStation({
    id: '3',
    name: 'Nearest, but empty',
    location: { lat: 39.9, lon: 116.4 },
    ready: {},
  });
  renderScreen(<StationsScreen />, {
    api: anApi({ stations: async () => [far, empty, near] }),
    locate: async () => ({ lat: 39.9, lon: 116.4 }),
  });
  await screen.findByText('1.1 km', { exact: false });
  const cards = screen.getAllByTestId(/^station-\d$/).map((card) => card.getAttribute('data-testid'));
  expect(cards).toEqual(['station-1', 'station-2', 'station-3']);
});

test('without a place the list still works and says how it is sorted', async () => {
  renderScreen(<StationsScreen />);
  expect(await screen.findByText('Without your location, sorted by ready packs')).toBeTruthy();
  fireEvent.click(await screen.findByTestId('swap-at-1231'));
  expect(went).toEqual(['/swap?station=1231']);
});

test('without a network the stations known last are shown with their age', async () => {
  const earlier = renderScreen(<StationsScreen />);
  await screen.findByText('Demo Station');
  await waitFor(() => expect(localStorage.getItem('voltbay.cache')).toContain('Demo Station'), WAIT);
  earlier.unmount();
  const cache = JSON.parse(localStorage.getItem('voltbay.cache') ?? '{}');
  for (const query of cache.queries) query.state.dataUpdatedAt -= 7_200_000;
  localStorage.setItem('voltbay.cache', JSON.stringify(cache));
  renderScreen(<StationsScreen />, {
    api: anApi({ stations: () => Promise.reject(new OfflineError(new Error('down'))) }),
  });
  expect(await screen.findByText('No network; shown is what was known 2 h ago')).toBeTruthy();
  expect(screen.getByText('Demo Station')).toBeTruthy();
});

test('swapping asks to sign in on the spot, and goes on there', async () => {
  renderScreen(<SwapScreen />);
  fireEvent.change(await screen.findByTestId('phone'), { target: { value: '138 0000 0001' } });
  fireEvent.click(screen.getByTestId('send-code'));
  fireEvent.change(await screen.findByTestId('otp'), { target: { value: '246810' } });
  fireEvent.click(screen.getByTestId('sign-in'));
  expect(await screen.findByTestId('station-code')).toBeTruthy();
});

test('the price is shown before the swap starts, and the order is followed after', async () => {
  query = { station: '1231' };
  const order = anOrder({
    state: 'returning',
    timeline: [
      {
        at: '2026-11-22T08:00:01.000Z',
        state: 'returning',
        step: 'return-door-released',
        who: 'station',
        what: '',
        slot: 5,
      },
    ],
  });
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({ startSwap: async () => order, order: async () => order }),
  });
  await waitFor(() => expect(screen.getByTestId('swap-price').textContent).toBe('This swap ¥6.00'));
  fireEvent.click(screen.getByTestId('swap-now'));
  expect((await screen.findByTestId('swap-phase')).textContent).toBe('Put your old pack in');
  expect(screen.getByTestId('door-number').textContent).toBe('Door 5');
});

test('a refusal says why and what next; the next try is a new swap', async () => {
  query = { station: '1231' };
  const keys: string[] = [];
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({
      startSwap: (_swap, key) => {
        keys.push(key);
        return Promise.reject(new ApiError(409, { code: 'STATION_REFUSED', reason: 'NO_PACK_READY' }));
      },
    }),
  });
  fireEvent.click(await screen.findByTestId('swap-now'));
  expect(await screen.findByText('No pack is charged enough')).toBeTruthy();
  expect(screen.getByText(/Nothing was charged.*Choose another station/)).toBeTruthy();
  fireEvent.click(screen.getByTestId('swap-now'));
  await waitFor(() => expect(new Set(keys).size).toBe(2));
});

test('a lost answer is retried with the same key, so that no second door opens', async () => {
  query = { station: '1231' };
  const keys: string[] = [];
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({
      startSwap: (_swap, key) => {
        keys.push(key);
        return Promise.reject(new OfflineError(new Error('cut')));
      },
    }),
  });
  fireEvent.click(await screen.findByTestId('swap-now'));
  expect(await screen.findByText('Not sure whether it has started')).toBeTruthy();
  fireEvent.click(screen.getByTestId('swap-now'));
  await waitFor(() => expect(keys).toHaveLength(2));
  expect(new Set(keys).size).toBe(1);
});

test('an open order is picked up again, and its failure says where the money is', async () => {
  const open = anOrder({ state: 'returning' });
  const failed = anOrder({
    state: 'failed',
    reason: 'DOOR_JAM',
    payment: { state: 'released', amountFen: 600, chargeId: null },
  });
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({ orders: async () => [open], order: async () => failed }),
  });
  expect(await screen.findByText('The door did not open')).toBeTruthy();
  expect(screen.getByText('Try again; another slot will be used.')).toBeTruthy();
  expect(screen.getByTestId('swap-money').textContent).toContain('¥6.00 on hold are back');
});

test('a swap that was under way when the app was last open, and is over, is not followed again', async () => {
  const open = anOrder({ state: 'returning' });
  const earlier = renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({ orders: async () => [open], order: async () => open }),
  });
  await screen.findByTestId('swap-instruction');
  await waitFor(() => expect(localStorage.getItem('voltbay.cache')).toContain('returning'), WAIT);
  earlier.unmount();
  await new Promise((resolve) => setTimeout(resolve, 5));
  let answer: (orders: []) => void = () => {};
  const { services } = renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({
      orders: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    }),
  });
  await waitFor(() => expect(services.queryClient.getQueryData(['orders', 'latest'])).toEqual([open]), WAIT);
  expect(screen.queryByTestId('swap-instruction')).toBeNull();
  answer([]);
  expect(await screen.findByTestId('station-code')).toBeTruthy();
  expect(screen.queryByTestId('swap-instruction')).toBeNull();
});

test('too little money is said before, not after', async () => {
  query = { station: '1231' };
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({ payOptions: async () => [aPayOption({ price: aPrice(10_001) })] }),
  });
  expect(await screen.findByText('Your balance does not cover this swap')).toBeTruthy();
  expect(screen.getByTestId('swap-now').getAttribute('aria-disabled')).toBe('true');
});

test('the account shows money and vehicles, with the number masked; the language changes at once', async () => {
  renderScreen(<MeScreen />, { session: await signedIn() });
  expect((await screen.findByTestId('balance')).textContent).toBe('¥100.00');
  expect(screen.getByText('138****0001')).toBeTruthy();
  fireEvent.click(screen.getByTestId('language-zh-CN'));
  expect(await screen.findByText('钱包余额')).toBeTruthy();
});
