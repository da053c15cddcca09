import type { Page } from 'playwright-core';
import {
  byId,
  DESK,
  type JourneyContext,
  journey,
  OPERATOR,
  type Report,
  signIn,
  VIEWER,
  visit,
  WAIT_MS,
  watchRequests,
} from './browser.js';
import { screens } from './screens.js';

/** Buttons that change something, and the boxes that choose rows for one. */
const ACTIONS = 'main [data-action], main .ant-table-selection-column';
/** Most screens are open to a viewer; what is not open offers nothing in any case. */
const CLOSED_AT_MOST = 25;

type Request = { what: string; method: string; path: string; body: object };

/** What a person who may only look must neither see nor reach: where its button stands, and the request behind it. */
const guarded = (device: string, orderId: string) => ({
  buttons: [
    { page: `orders/${orderId}`, ready: byId('timeline'), buttons: ['refund', 'open-dispute', 'evidence'] },
    { page: `stations/${device}`, ready: byId('cabinet'), buttons: ['ask-info', 'restart', 'open-slot'] },
    { page: `stations/${device}/config`, ready: byId('config-state'), buttons: ['push-config', 'ask-logs'] },
    { page: 'users/u-demo2', ready: byId('phone'), buttons: ['reveal-phone', 'change-status'] },
    { page: 'vehicles/v-demo2', ready: 'dl', buttons: ['transfer-vehicle', 'unbind-vehicle'] },
    { page: 'plans', ready: byId('total'), buttons: ['publish-plan'] },
  ],
  pages: ['system/roles', 'system/operators', 'finance/reconciliation', 'audit', 'integrations/keys'],
  requests: (chargeId: string): Request[] => [
    {
      what: 'refund',
      method: 'POST',
      path: `/core/v0/charges/${chargeId}/refunds`,
      body: { amountFen: 1, reason: 'not permitted' },
    },
    {
      what: 'open a door',
      method: 'POST',
      path: `/core/v0/stations/${device}/commands`,
      body: { name: 'SERVER_OPEN_SLOT', slot: 1, reason: 'not permitted' },
    },
    {
      what: 'uncover a phone',
      method: 'POST',
      path: '/core/v0/users/u-demo2/reveal',
      body: { reason: 'not permitted' },
    },
    {
      what: 'make a role',
      method: 'POST',
      path: '/core/v0/roles',
      body: { name: 'sneak', description: 'not permitted', permissions: ['orders:read'] },
    },
    {
      what: 'make an operator',
      method: 'POST',
      path: '/core/v0/operators',
      body: { username: 'sneak', name: 'sneak', password: 'voltbay-demo-2', roles: ['admin'] },
    },
    {
      what: 'settle an order',
      method: 'POST',
      path: `/core/v0/orders/${orderId}/resolve`,
      body: { note: 'not permitted' },
    },
    {
      what: 'hand a vehicle on',
      method: 'POST',
      path: '/core/v0/vehicles/v-demo2/transfer',
      body: { toUserId: null },
    },
  ],
});

/** Sends a request with the page's own session; the status that the hub answers. */
function sendAs(page: Page, { method, path, body }: Omit<Request, 'what'>): Promise<number> {
  return page.evaluate(
    async (request) => {
      const kept = JSON.parse(localStorage.getItem('voltbay.session') ?? '{}') as { accessToken?: string };
      const answer = await fetch(request.path, {
        method: request.method,
        headers: {
          authorization: `Bearer ${kept.accessToken}`,
          'content-type': 'application/json',
          'idempotency-key': crypto.randomUUID(),
        },
        body: request.method === 'GET' ? undefined : JSON.stringify(request.body),
      });
      return answer.status;
    },
    { method, path, body },
  );
}

/** Who lacks a permission neither sees nor reaches the action; the same steps find it all for an administrator. */
export async function runAccess(context: JourneyContext, report: Report, orderId: string): Promise<void> {
  const { browser, baseUrl, device } = context;
  const { buttons, pages, requests } = guarded(device, orderId);

  const open = async (who: typeof OPERATOR): Promise<Page> => {
    const page = await (await browser.newContext({ viewport: DESK, locale: 'en' })).newPage();
    page.setDefaultTimeout(WAIT_MS);
    await signIn(page, baseUrl, who);
    return page;
  };
  const openScreen = async (page: Page, { page: path, ready }: (typeof buttons)[number]): Promise<void> => {
    await visit(page, path, ready);
    if (path === `stations/${device}`) await page.click(byId('slot-1'));
  };

  await journey(report, 'an administrator is offered what a viewer must not see', async () => {
    const page = await open(OPERATOR);
    for (const screen of buttons) {
      await openScreen(page, screen);
      for (const button of screen.buttons) await page.waitForSelector(byId(button));
    }
    await page.context().close();
  });
  await journey(report, 'a viewer finds no button that changes something, on any screen', async () => {
    const page = await open(VIEWER);
    const settled = watchRequests(page);
    const offered: string[] = [];
    const closed: string[] = [];
    for (const [name, path, ready] of screens(device, orderId)) {
      await visit(page, path, `:is(${ready}, ${byId('not-permitted')})`);
      if (path === `stations/${device}`) await page.click(byId('slot-1'));
      await settled();
      if ((await page.locator(byId('not-permitted')).count()) > 0) closed.push(path);
      const found = await page
        .locator(ACTIONS)
        .evaluateAll((all) => all.map((one) => one.getAttribute('data-action') ?? one.className));
      if (found.length > 0) offered.push(`${name}: ${found.join(', ')}`);
    }
    const led = await page
      .locator('nav a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    await page.context().close();
    if (offered.length > 0) throw new Error(offered.join('\n'));
    for (const path of pages) {
      if (led.includes(`/admin/${path}`)) throw new Error(`the navigation leads a viewer to ${path}`);
      if (!closed.includes(path)) throw new Error(`a viewer may open ${path}`);
    }
    if (closed.length > CLOSED_AT_MOST) throw new Error(`closed to a viewer: ${closed.join(', ')}`);
  });
  await journey(report, 'the hub refuses a viewer who sends the requests by hand', async () => {
    const admin = await open(OPERATOR);
    const chargeId = await admin.evaluate(async (id) => {
      const kept = JSON.parse(localStorage.getItem('voltbay.session') ?? '{}') as { accessToken?: string };
      const answer = await fetch(`/core/v0/charges?orderId=${id}`, {
        headers: { authorization: `Bearer ${kept.accessToken}` },
      });
      return ((await answer.json()) as { id: string }[])[0]?.id ?? '';
    }, orderId);
    if (!chargeId) throw new Error('the order has no charge');
    await admin.context().close();
    const viewer = await open(VIEWER);
    const answers: string[] = [];
    for (const { what, ...request } of requests(chargeId)) {
      const status = await sendAs(viewer, request);
      if (status !== 403) answers.push(`${what}: ${status}`);
    }
    for (const path of ['/core/v0/operators', '/core/v0/audit', '/core/v0/api-keys', '/core/v0/settings']) {
      const status = await sendAs(viewer, { method: 'GET', path, body: {} });
      if (status !== 403) answers.push(`read ${path}: ${status}`);
    }
    await viewer.context().close();
    if (answers.length > 0) throw new Error(`not refused with 403: ${answers.join(', ')}`);
  });
}
