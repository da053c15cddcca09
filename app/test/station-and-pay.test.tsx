import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import type { Order } from '@voltbay/protocol/api';
import { ApiError } from '@voltbay/protocol/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StationScreen } from '../src/features/stations/station-screen.js';
import { StationsScreen } from '../src/features/stations/stations-screen.js';
import { SwapScreen } from '../src/features/swap/swap-screen.js';
import { chosenStations, NO_FILTER } from '../src/lib/stations/station-filter.js';
import { AT, anApi, anOrder, aPayOption, aPrice, aStation, renderScreen, signedIn } from './render.js';

let query: Record<string, string> = {};
vi.mock('expo-router', () => ({
  useLocalSearchParams: () => query,
  useRouter: () => ({ push: () => {}, navigate: () => {}, back: () => {}, canGoBack: () => false }),
}));
beforeEach(() => {
  query = {};
  localStorage.clear();
});
afterEach(cleanup);

const NEVER = { openingHours: [] };

test('the page of a station shows each slot, and names those with a pack for the rider', async () => {
  query = { id: '1231' };
  const slot = { packClass: 'A', socPct: null, readyAt: null };
  renderScreen(<StationScreen />, {
    session: await signedIn(),
    api: anApi({
      station: async () => ({
        ...aStation(),
        slots: [
          { ...slot, slot: 1, state: 'ready', socPct: 96 },
          { ...slot, slot: 2, state: 'ready', packClass: 'B', socPct: 88 },
          { ...slot, slot: 3, state: 'charging', socPct: 41, readyAt: '2026-11-22T10:40:00.000Z' },
          { ...slot, slot: 4, state: 'empty' },
        ],
      }),
    }),
  });
  expect((await screen.findByTestId('my-slots')).textContent).toBe('Packs for your vehicle: slot 1');
  expect(screen.getByTestId('slot-1').getAttribute('aria-label')).toBe('Door 1, Class A, Ready, 96%');
  expect(screen.getByTestId('slot-3').textContent).toContain('41%');
  expect(screen.getByTestId('slot-3').textContent).toMatch(/Ready \d\d:\d\d/);
  expect(screen.getByTestId('slot-4').textContent).toContain('Empty');
  expect(screen.getByTestId('hours').textContent).toBe('Always open');
});

test('a place that is shut says so, comes after those that are open, and is left out when asked for', async () => {
  renderScreen(<StationsScreen />, {
    api: anApi({
      stations: async () => [
        aStation({ id: 'shut', name: 'Shut Station', ready: { A: 9 }, ...NEVER }),
        aStation(),
      ],
    }),
  });
  expect((await screen.findByTestId('station-shut')).textContent).toContain('Shut');
  const cards = screen.getAllByTestId(/^station-(shut|1231)$/).map((card) => card.dataset.testid);
  expect(cards).toEqual(['station-1231', 'station-shut']);
  fireEvent.click(screen.getByTestId('filter-open'));
  await waitFor(() => expect(screen.queryByTestId('station-shut')).toBeNull());
});

test('"can swap now" asks for both, a pack and an open door to the place', () => {
  const list = [aStation({ id: 'shut', ...NEVER }), aStation({ id: 'none', ready: { A: 0 } }), aStation()];
  const ids = chosenStations(list, null, { ...NO_FILTER, usable: true }, [], Date.now()).map(
    ({ station }) => station.id,
  );
  expect(ids).toEqual(['1231']);
});

test('the plan that the rider chooses pays: the price follows, and the order is told', async () => {
  query = { station: '1231' };
  const plan = aPayOption({
    payBy: 'sub-1',
    kind: 'subscription',
    nameEn: 'Ten swaps',
    swapsLeft: 7,
    price: aPrice(0),
  });
  const asked: unknown[] = [];
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({
      payOptions: async () => [plan, aPayOption({ isDefault: false })],
      startSwap: async (swap) => {
        asked.push(swap);
        return anOrder({ state: 'returning' });
      },
    }),
  });
  await waitFor(() => expect(screen.getByTestId('swap-price').textContent).toBe('This swap ¥0.00'));
  expect(screen.getByTestId('pay-sub-1').textContent).toContain('7 left');
  fireEvent.click(screen.getByTestId('pay-swap'));
  await waitFor(() => expect(screen.getByTestId('swap-price').textContent).toBe('This swap ¥6.00'));
  fireEvent.click(screen.getByTestId('swap-now'));
  await waitFor(() => expect(asked).toEqual([{ stationId: '1231', vehicleId: 'v-demo', payBy: 'swap' }]));
});

test('at a door the time that is left is counted down, with what happens after', async () => {
  const order = anOrder({
    state: 'returning',
    timeline: [
      {
        at: new Date().toISOString(),
        state: 'returning',
        step: 'return-door-opened',
        who: 'station',
        what: '',
        slot: 5,
        until: new Date(Date.now() + 3_600_000).toISOString(),
      },
    ],
  });
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({ orders: async () => [order], order: async () => order }),
  });
  expect((await screen.findByTestId('door-left')).textContent).toMatch(/^(1:00:00|59:\d\d)$/);
  expect(screen.getByTestId('door-deadline').textContent).toContain('nothing is charged');
});

test('when nobody knows how a swap ended, the rider is told when they can start again', async () => {
  const order = anOrder({ state: 'unknown', expiresAt: '2026-11-22T08:30:00.000Z' });
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({ orders: async () => [order], order: async () => order }),
  });
  expect(await screen.findByText(/You can start again by \d\d:30 at the latest/)).toBeTruthy();
});

test('outside the opening hours the rider is told before asking, and in the refusal that nothing was charged', async () => {
  query = { station: '1231' };
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({
      stations: async () => [aStation(NEVER)],
      startSwap: async () => {
        throw new ApiError(409, {
          type: 'about:blank',
          title: 'Conflict',
          status: 409,
          code: 'STATION_REFUSED',
          reason: 'CLOSED',
        });
      },
    }),
  });
  expect(await screen.findByText('It is outside the opening hours')).toBeTruthy();
  expect(screen.getByText(/^Not open for now\. Choose another station/)).toBeTruthy();
  fireEvent.click(await screen.findByTestId('swap-now'));
  expect(await screen.findByText(/^Nothing .*Not open for now\. Choose another station/)).toBeTruthy();
  expect(screen.getAllByText('It is outside the opening hours')).toHaveLength(1);
});

test.each([
  [undefined, /stayed in the cabinet/],
  ['2026-11-22T08:03:00.000Z', /took your own pack home/],
])('a failed swap says where the old pack is (given back: %s)', async (givenBackAt, words) => {
  const order = anOrder({ state: 'dispensing' });
  const returned = { packId: 'VB-A-0900', slot: 3, at: '2026-11-22T08:01:00.000Z' };
  const failed = anOrder({
    state: 'failed',
    reason: 'DOOR_JAM',
    returned: { ...returned, ...(givenBackAt === undefined ? {} : { givenBackAt }) },
  });
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    api: anApi({ orders: async () => [order], order: async () => failed }),
  });
  expect((await screen.findByTestId('swap-old-pack')).textContent).toMatch(words);
});

const door = {
  at: AT,
  state: 'returning',
  step: 'return-door-released',
  who: 'station',
  what: '',
  slot: 5,
} as const;

test('what happened before the line of events was open is read from the record', async () => {
  const order = anOrder({ state: 'dispatched' });
  const later = anOrder({ state: 'returning', version: 2, timeline: [door] });
  let asked = 0;
  let open: () => void = () => {};
  renderScreen(<SwapScreen />, {
    session: await signedIn(),
    connectOrder: () => (attempt) => {
      open = attempt.onOpen;
      return { done: new Promise(() => {}), close: () => {} };
    },
    api: anApi({
      orders: async () => [order],
      order: async () => {
        asked += 1;
        return asked === 1 ? order : later;
      },
    }),
  });
  await screen.findByTestId('swap-instruction');
  await waitFor(() => expect(asked).toBe(1));
  open();
  expect((await screen.findByTestId('door-number')).textContent).toContain('5');
  expect(asked).toBe(2);
});

test('an answer that an event has overtaken changes nothing', async () => {
  const order = anOrder({ state: 'dispatched' });
  const later = anOrder({ state: 'returning', version: 2, timeline: [door] });
  const waiting: ((answer: Order) => void)[] = [];
  let tell: (order: Order) => void = () => {};
  const { services } = renderScreen(<SwapScreen />, {
    session: await signedIn(),
    connectOrder: () => (attempt) => {
      tell = (told) =>
        attempt.onMessage({ id: '1', event: 'order', data: JSON.stringify({ type: 'order', order: told }) });
      return { done: new Promise(() => {}), close: () => {} };
    },
    api: anApi({
      orders: async () => [order],
      order: () => new Promise((resolve) => waiting.push(resolve)),
    }),
  });
  await waitFor(() => expect(waiting.length).toBeGreaterThan(0));
  tell(later);
  await screen.findByTestId('door-number');
  for (const answer of waiting) answer(order);
  await waitFor(() => expect(services.queryClient.isFetching({ queryKey: ['order'] })).toBe(0));
  expect(screen.getByTestId('door-number').textContent).toContain('5');
});
