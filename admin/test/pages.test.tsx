import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { Order } from '@voltbay/protocol/api';
import { ApiError, OfflineError } from '@voltbay/protocol/client';
import { expect, test } from 'vitest';
import { cellScale } from '../src/components/ui/cell-bars.js';
import { SwapTimeline } from '../src/features/orders/swap-timeline.js';
import { SignInForm } from '../src/features/sign-in/sign-in-form.js';
import { Cabinet, cabinetColumns } from '../src/features/stations/cabinet.js';
import { CommandDialog } from '../src/features/stations/command-dialog.js';
import type { CommandRequest, HubCommand } from '../src/lib/api/hub-api.js';
import { listQuery, parseListSearch } from '../src/lib/list-search.js';
import { permits } from '../src/lib/permissions.js';
import { initialLanguage } from '../src/lib/preferences.js';
import { AT, aHub, aSession, aStation, renderPage, someServices } from './render.js';

const aCommand = (state: HubCommand['state'], patch: Partial<HubCommand> = {}): HubCommand => ({
  id: 'c-1',
  tenantId: 'demo',
  version: 1,
  createdAt: AT,
  updatedAt: AT,
  stationId: '1231',
  type: 24,
  name: 'SERVER_OPEN_SLOT',
  state,
  reason: null,
  detail: null,
  by: 'admin',
  orderId: null,
  ttlMs: 15_000,
  issuedAt: AT,
  settledAt: null,
  history: [],
  ...patch,
});

test('wrong credentials are said in words and nobody is signed in', async () => {
  const session = aSession();
  await session.restore();
  const services = someServices({
    session,
    auth: {
      signIn: () => Promise.reject(new ApiError(401, { code: 'BAD_CREDENTIALS' })),
      refresh: async () => ({ ok: false, why: 'unreachable' }),
    },
  });
  renderPage(<SignInForm />, services);
  await userEvent.type(await screen.findByLabelText('User name'), 'admin');
  await userEvent.type(screen.getByLabelText('Password'), 'nope');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  await waitFor(() => expect(screen.getByRole('alert').textContent).toBe('Wrong user name or password'));
  expect(session.phase()).toBe('signed-out');
});

test('the field of the authenticator code comes when the account needs it, and is sent', async () => {
  const sent: unknown[] = [];
  const session = aSession();
  await session.restore();
  const services = someServices({
    session,
    auth: {
      signIn: (credentials) => {
        sent.push(credentials);
        return Promise.reject(
          new ApiError(401, {
            code: 'BAD_CREDENTIALS',
            errors: credentials.totp ? undefined : [{ path: 'body.totp', message: 'required' }],
          }),
        );
      },
      refresh: async () => ({ ok: false, why: 'unreachable' }),
    },
  });
  renderPage(<SignInForm />, services);
  await userEvent.type(await screen.findByLabelText('User name'), 'admin');
  await userEvent.type(screen.getByLabelText('Password'), 'right');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  await userEvent.type(await screen.findByLabelText('Code of the authenticator app'), '12a3456');
  await userEvent.click(screen.getByRole('button', { name: /Sign in$/ }));
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(sent[0]).toEqual({ username: 'admin', password: 'right' });
  expect(sent[1]).toEqual({ username: 'admin', password: 'right', totp: '123456' });
  await waitFor(() =>
    expect(screen.getByRole('alert').textContent).toBe('Wrong password or code; each code works once'),
  );
});

test('every slot says its state, door and charge to a screen reader', async () => {
  renderPage(
    <Cabinet slots={aStation().slots} selected={null} onSelect={() => {}} active={null} stale={false} />,
  );
  await screen.findByRole('button', { name: /^Slot 1, Door Closed,.*96\s*%.*Ready/ });
  screen.getByRole('button', { name: /^Slot 2, Door Open, No pack,.*Empty/ });
  screen.getByRole('button', { name: /^Slot 3,.*Cell fault.*Fault/ });
});

test('the slot of a running swap is marked with what it waits for', async () => {
  const active = { slot: 1, text: 'Waiting for the old pack' };
  renderPage(
    <Cabinet slots={aStation().slots} selected={null} onSelect={() => {}} active={active} stale={false} />,
  );
  const slot = await screen.findByTestId('slot-1');
  expect(slot.getAttribute('data-tone')).toBe('swap');
  expect(within(slot).getByText('Waiting for the old pack')).toBeTruthy();
});

test('a slot is opened only with a reason, and once however often it is pressed', async () => {
  const sent: { command: CommandRequest; key: string }[] = [];
  const hub = aHub({
    sendCommand: async (_id, command, key) => {
      sent.push({ command, key });
      return aCommand('sent');
    },
    command: async () => aCommand('done', { settledAt: AT }),
  });
  renderPage(
    <CommandDialog station={aStation()} intent={{ name: 'SERVER_OPEN_SLOT', slot: 3 }} onClose={() => {}} />,
    someServices({ hub }),
  );
  const confirm = await screen.findByTestId('confirm-command');
  expect(confirm.hasAttribute('disabled')).toBe(true);
  await userEvent.type(screen.getByLabelText('Reason'), 'faulty pack');
  await userEvent.dblClick(confirm);
  await waitFor(() => expect(screen.getByTestId('command-progress').dataset.state).toBe('done'));
  expect(sent.map(({ command }) => command)).toEqual([
    { name: 'SERVER_OPEN_SLOT', slot: 3, reason: 'faulty pack' },
  ]);
});

test('a lost answer is not called a failure', async () => {
  const hub = aHub({ sendCommand: () => Promise.reject(new OfflineError(new Error('gone'))) });
  renderPage(
    <CommandDialog station={aStation()} intent={{ name: 'SERVER_ASK_RESTART' }} onClose={() => {}} />,
    someServices({ hub }),
  );
  await userEvent.click(await screen.findByTestId('confirm-command'));
  expect(await screen.findByText(/may or may not have been sent/)).toBeTruthy();
});

test('an unknown outcome warns against repeating', async () => {
  const hub = aHub({
    sendCommand: async () => aCommand('unknown'),
    command: async () => aCommand('unknown'),
  });
  renderPage(
    <CommandDialog station={aStation()} intent={{ name: 'SERVER_ASK_INFO' }} onClose={() => {}} />,
    someServices({ hub }),
  );
  await userEvent.click(await screen.findByTestId('confirm-command'));
  expect(await screen.findByText(/do not simply repeat it/)).toBeTruthy();
});

test('the URL of a list keeps what makes sense and drops the rest', () => {
  expect(
    parseListSearch({
      q: 'demo',
      page: '3',
      size: 33,
      sort: 'a b',
      order: 'up',
      filter: { state: 'live', 'x y': 1 },
    }),
  ).toEqual({
    q: 'demo',
    page: 3,
    size: undefined,
    sort: undefined,
    order: undefined,
    filter: { state: 'live' },
  });
  expect(
    listQuery({ sort: 'name', order: 'desc', filter: { online: 'true' } }, { sort: 'id', order: 'asc' }),
  ).toEqual({
    _page: 1,
    _limit: 20,
    _sort: 'name',
    _order: 'desc',
    q: undefined,
    online: 'true',
  });
});

test('nothing is permitted until it is known to be', () => {
  expect(permits(undefined, 'orders:read')).toBe(false);
  expect(permits(['stations:read'], 'stations:command')).toBe(false);
  expect(permits(['stations:read', 'stations:command'], 'stations:command')).toBe(true);
});

test('cabinets of many sizes make even pictures', () => {
  expect([1, 4, 8, 10, 12, 18].map(cabinetColumns)).toEqual([1, 4, 4, 5, 4, 6]);
});

test('a swap that gives a pack and takes none says whether a deposit secures it', async () => {
  const step = { at: AT, state: 'dispatched', who: 'hub', what: 'sent to the station' };
  const order = (depositFen: number) =>
    ({ state: 'completed', price: { currency: 'CNY' }, timeline: [{ ...step, depositFen }] }) as Order;
  renderPage(
    <>
      <SwapTimeline order={order(29_900)} />
      <SwapTimeline order={order(0)} />
    </>,
  );
  await screen.findByText(/a deposit of ¥299\.00 stands/);
  expect(screen.getByText(/no deposit stands/)).toBeTruthy();
});

test('a few millivolts between cells do not look like a fault', () => {
  const { lowMv, highMv, spreadMv } = cellScale([3_300, 3_305]);
  expect(spreadMv).toBe(5);
  expect(highMv - lowMv).toBeGreaterThanOrEqual(60);
});

test('the language follows the choice, then the browser, then Chinese', () => {
  expect(initialLanguage('en', ['zh-CN'])).toBe('en');
  expect(initialLanguage(null, ['de', 'en-GB'])).toBe('en');
  expect(initialLanguage(null, ['fr'])).toBe('zh-CN');
});
