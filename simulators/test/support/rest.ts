/** A bare REST client, as a third party would write it. */
export type Answer<T> = { status: number; body: T; headers: Headers };

export async function call<T = Record<string, unknown>>(
  url: string,
  options: {
    method?: string;
    token?: string;
    basic?: [string, string];
    body?: unknown;
    headers?: Record<string, string>;
  } = {},
): Promise<Answer<T>> {
  const response = await fetch(url, {
    method: options.method ?? 'GET',
    headers: {
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
      ...(options.basic
        ? { authorization: `Basic ${Buffer.from(options.basic.join(':')).toString('base64')}` }
        : {}),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  return { status: response.status, body: (text ? JSON.parse(text) : null) as T, headers: response.headers };
}

export async function token(apiUrl: string, body: object): Promise<string> {
  const answer = await call<{ accessToken: string }>(`${apiUrl}/auth/v1/token`, { method: 'POST', body });
  if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body.accessToken;
}

export const DEMO_OPERATOR = { grantType: 'password', username: 'admin', password: 'voltbay-demo' } as const;

export async function riderToken(apiUrl: string, phone: string): Promise<string> {
  await call(`${apiUrl}/auth/v1/otp`, { method: 'POST', body: { phone } });
  return token(apiUrl, { grantType: 'otp', phone, code: '246810' });
}

export async function until<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false>,
  timeoutMs = 45_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
