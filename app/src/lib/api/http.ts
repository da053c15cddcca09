import { ApiError, OfflineError, type Session, SignedOutError } from '@voltbay/protocol/client';

/** Longest wait for an answer; the hub itself waits up to 8 s for the station. */
const ANSWER_TIMEOUT_MS = 20_000;

async function refusal(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  return new ApiError(response.status, typeof body === 'object' && body !== null ? body : {});
}

type Send = (request: Request) => Promise<Response>;

/** A fetch with a time limit that throws ApiError or OfflineError instead of returning a refusal. */
export function createPlainFetch(fetchFn: typeof fetch): Send {
  return async (request) => {
    const answer = await sendOnce(fetchFn, request, await bodyOf(request), null);
    if (!answer.ok) throw await refusal(answer);
    return answer;
  };
}

/** The same, signed: renews the token once when the hub refuses it; throws SignedOutError when nobody is signed in. */
export function createSignedFetch(session: Session, fetchFn: typeof fetch): Send {
  function present(token: string | null): string {
    if (token) return token;
    if (session.phase() === 'signed-in')
      throw new OfflineError(new Error('the session could not be renewed'));
    throw new SignedOutError();
  }

  return async (request) => {
    const body = await bodyOf(request);
    const token = present(await session.accessToken());
    let answer = await sendOnce(fetchFn, request, body, token);
    if (answer.status === 401) {
      answer = await sendOnce(fetchFn, request, body, present(await session.renew(token)));
    }
    if (!answer.ok) throw await refusal(answer);
    return answer;
  };
}

/** Read before sending, because a request that was sent once cannot be sent again everywhere. */
const bodyOf = async (request: Request): Promise<string | undefined> =>
  request.method === 'GET' ? undefined : await request.text();

async function sendOnce(
  fetchFn: typeof fetch,
  request: Request,
  body: string | undefined,
  token: string | null,
): Promise<Response> {
  const headers = new Headers(request.headers);
  if (token) headers.set('authorization', `Bearer ${token}`);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
  try {
    return await fetchFn(request.url, { method: request.method, headers, body, signal: abort.signal });
  } catch (cause) {
    throw new OfflineError(cause);
  } finally {
    clearTimeout(timer);
  }
}
