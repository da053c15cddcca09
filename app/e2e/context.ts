import type { Browser, Page } from 'playwright-core';

/** What the runner gives: the hub, the virtual cabinet's control API, local payment providers, browsers, and where pictures go. */
export type JourneyContext = {
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
export type Report = (name: string, error?: unknown) => Promise<void>;

export const RIDER = { phone: '13800000001', code: '246810', vehicle: 'v-demo' };
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

export async function signIn(page: Page, baseUrl: string): Promise<void> {
  await page.goto(`${baseUrl}/app/me`);
  await page.fill(byId('phone'), RIDER.phone);
  await page.click(byId('send-code'));
  await page.fill(byId('otp'), RIDER.code);
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

/** The pack that the hub has on record for the vehicle: what the rider carries. */
export async function packOnRecord(page: Page, baseUrl: string): Promise<string> {
  const { packIds } = await asRider<{ packIds: string[] }>(
    page,
    baseUrl,
    `/core/v0/vehicles/${RIDER.vehicle}`,
  );
  const [pack] = packIds;
  if (!pack) throw new Error('the vehicle holds no pack on record');
  return pack;
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
