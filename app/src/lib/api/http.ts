import { ApiError, OfflineError, type Session, SignedOutError } from '@voltbay/protocol/client';

/** Longest wait for an answer; the hub itself waits up to 8 s for the station. */
const ANSWER_TIMEOUT_MS = 20_000;

export type HubRequest = {
  method?: 'GET' | 'POST';
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  /** Public calls need nobody signed in. */
  anonymous?: boolean;
};

export type Ask = (request: HubRequest) => Promise<Response>;

async function refusal(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  return new ApiError(response.status, typeof body === 'object' && body !== null ? body : {});
}

/**
 * Asks the hub. Signs the request, renews the token once when it is refused, and throws ApiError, OfflineError or
 * SignedOutError. `baseUrl` is empty in the browser, where the hub serves the page itself.
 */
export function createAsk(deps: { session: Session; fetch: typeof fetch; baseUrl: string }): Ask {
  const { session } = deps;

  async function once(request: HubRequest, token: string | null): Promise<Response> {
    const query = Object.entries(request.query ?? {})
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`)
      .join('&');
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
    try {
      return await deps.fetch(`${deps.baseUrl}${request.path}${query ? `?${query}` : ''}`, {
        method: request.method ?? 'GET',
        headers: {
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...request.headers,
        },
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
        signal: abort.signal,
      });
    } catch (cause) {
      throw new OfflineError(cause);
    } finally {
      clearTimeout(timer);
    }
  }

  function present(token: string | null): string {
    if (token) return token;
    if (session.phase() === 'signed-in')
      throw new OfflineError(new Error('the session could not be renewed'));
    throw new SignedOutError();
  }

  return async (request) => {
    let answer: Response;
    if (request.anonymous) {
      answer = await once(request, null);
    } else {
      const token = present(await session.accessToken());
      answer = await once(request, token);
      if (answer.status === 401) answer = await once(request, present(await session.renew(token)));
    }
    if (!answer.ok) throw await refusal(answer);
    return answer;
  };
}
