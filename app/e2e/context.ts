import type { Browser, Page } from 'playwright-core';
import { WORDS, type Words } from './words.js';

export type Language = keyof typeof WORDS;
/** A rider of the demo: each language has one of its own. */
export type Rider = (typeof RIDERS)[Language];

/** What the runner gives: the hub, the virtual cabinet's control API, local payment providers, browsers, and where pictures go. */
export type RunContext = {
  baseUrl: string;
  control: string;
  device: string;
  gatewayUrl: string;
  browser: Browser;
  /** Another Chromium with more flags; the caller closes it. */
  launch: (args: readonly string[]) => Promise<Browser>;
  stationNetwork: { cut: () => void; mend: () => void };
  /** A folder that is thrown away afterwards. */
  folder: string;
  shotsDir: string;
  /** What takes longest is done once. */
  short: boolean;
  /** Whether a look such as `zh-390-light` is asked for. */
  wantsLook: (look: string) => boolean;
};
/** One rider, whose phone speaks one language. */
export type JourneyContext = RunContext & { rider: Rider; language: Language; words: Words };
export type Report = (name: string, error?: unknown) => Promise<void>;

export const RIDERS = {
  'zh-CN': {
    ...{ user: 'u-demo', phone: '13800000001', code: '246810', vehicle: 'v-demo' },
    ...{ newVin: 'LVBJ0URNXY0000001', newPlate: '京A·D8888', foreignVehicle: 'v-demo2' },
  },
  en: {
    ...{ user: 'u-demo2', phone: '13800000002', code: '246810', vehicle: 'v-demo2' },
    ...{ newVin: 'LVBJ0URN1Y0000002', newPlate: '京A·D9999', foreignVehicle: 'v-demo' },
  },
} as const;
export const OPERATOR = { username: 'admin', password: 'voltbay-demo' };
export const PHONE = { width: 390, height: 844 };
export const WAIT_MS = 60_000;

export const byId = (id: string): string => `[data-testid="${id}"]`;

/** Runs one journey and tells how it went; a failed one does not stop the next. */
export async function journey(report: Report, name: string, work: () => Promise<void>): Promise<void> {
  const failure = await work().then(
    () => undefined,
    (error: unknown) => error ?? new Error('failed without a reason'),
  );
  await report(name, failure);
}

export const inLanguage = (context: RunContext, language: Language, rider: Rider = RIDERS[language]) => ({
  ...context,
  rider,
  language,
  words: WORDS[language],
});

export async function signIn(page: Page, { baseUrl, rider }: JourneyContext): Promise<void> {
  await page.goto(`${baseUrl}/app/me`);
  await page.fill(byId('phone'), rider.phone);
  await page.click(byId('send-code'));
  await page.fill(byId('otp'), rider.code);
  await page.click(byId('sign-in'));
  await page.waitForSelector(byId('rider-name'));
}

/** Passes the session on: one-time codes are limited, and a rotating refresh token has one owner. */
export async function handOver(from: Page, to: Page): Promise<void> {
  const tokens = await from.evaluate(() => localStorage.getItem('voltbay.rider-session'));
  await to.evaluate((value) => localStorage.setItem('voltbay.rider-session', value ?? ''), tokens);
}

const tokenIn = (page: Page): Promise<string> =>
  page.evaluate(
    () =>
      (JSON.parse(localStorage.getItem('voltbay.rider-session') ?? '{}') as { accessToken: string })
        .accessToken,
  );

async function ask<T>(url: string, token: string | null, body?: object): Promise<T> {
  const response = await fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body ? { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const answer = (await response.json()) as T;
  if (!response.ok) throw new Error(`${url}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** The hub as the rider of a page sees it. */
export const asRider = async <T>(page: Page, baseUrl: string, path: string): Promise<T> =>
  ask<T>(`${baseUrl}${path}`, await tokenIn(page));

export const NEWEST_ORDER = '/core/v0/orders?_limit=1&_sort=createdAt&_order=desc';
type Settled = {
  id: string;
  state: string;
  origin: string;
  price: { totalFen: number; benefits?: { kind: string }[] };
  payment: { state: string; amountFen: number };
  dispensed: { packId?: string } | null;
};

/** The newest order of the rider, over and with its money where it stays: that follows the last step by a moment. */
export async function settledOrder(page: Page, baseUrl: string): Promise<Settled> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    const [order] = await asRider<Settled[]>(page, baseUrl, NEWEST_ORDER);
    if (order?.state === 'completed' && order.payment.state !== 'held') return order;
    if (Date.now() > until)
      throw new Error(`the last order is ${order?.state}, its money ${order?.payment.state}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** The pack that the rider carries: what the hub has on record, once the handover of the newest swap is. */
export async function packOnRecord(page: Page, { baseUrl, rider }: JourneyContext): Promise<string> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    const [[order], { packIds }] = await Promise.all([
      asRider<Settled[]>(page, baseUrl, NEWEST_ORDER),
      asRider<{ packIds: string[] }>(page, baseUrl, `/core/v0/vehicles/${rider.vehicle}`),
    ]);
    const taken = order?.dispensed?.packId ?? packIds[0];
    if (taken !== undefined && packIds.includes(taken)) return taken;
    if (Date.now() > until)
      throw new Error(`the rider took ${taken}; on record: ${packIds.join() || 'none'}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** An operator's hands at the API, for what the console does in these stories. */
export async function createOperator(baseUrl: string) {
  const { accessToken } = await ask<{ accessToken: string }>(`${baseUrl}/auth/v1/token`, null, {
    grantType: 'password',
    ...OPERATOR,
  });
  return {
    post: <T>(path: string, body: object) => ask<T>(`${baseUrl}${path}`, accessToken, body),
    get: <T>(path: string) => ask<T>(`${baseUrl}${path}`, accessToken),
    async patch<T>(path: string, body: object, headers: Record<string, string> = {}): Promise<T> {
      const response = await fetch(`${baseUrl}${path}`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as T;
      if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
      return answer;
    },
  };
}
export type Operator = Awaited<ReturnType<typeof createOperator>>;

const CHARGED_MS = 4 * 3_600_000;

/** Hours go by for the packs in the cabinet: whoever swapped before left little that is ready. */
export async function chargePacks(context: RunContext): Promise<void> {
  const response = await fetch(`${context.control}/actions/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ms: CHARGED_MS }),
  });
  if (!response.ok) throw new Error(`packs were not charged: ${response.status} ${await response.text()}`);
}
