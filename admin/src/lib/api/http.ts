import { ApiError, OfflineError, type Session, SignedOutError } from '@voltbay/protocol/client';

/** Longest wait for an answer; a swap command answers within 8 s at the hub. */
const ANSWER_TIMEOUT_MS = 20_000;

/** The hub's problem document, or what can be said without one. */
export async function problemOf(response: Response): Promise<ApiError> {
  try {
    const body: unknown = await response.json();
    return new ApiError(response.status, typeof body === 'object' && body !== null ? body : {});
  } catch {
    return new ApiError(response.status, {});
  }
}

/**
 * A `fetch` that signs requests, renews the token once when the hub refuses it, and throws {@link ApiError},
 * {@link OfflineError} or {@link SignedOutError} instead of returning a refusal.
 */
export function createSignedFetch(
  session: Session,
  fetchFn: typeof fetch,
): (request: Request) => Promise<Response> {
  async function send(request: Request, token: string): Promise<Response> {
    const signed = new Request(request, {
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
    signed.headers.set('authorization', `Bearer ${token}`);
    try {
      return await fetchFn(signed);
    } catch (cause) {
      if (request.signal.aborted) throw cause;
      throw new OfflineError(cause);
    }
  }

  async function tokenOrThrow(token: string | null): Promise<string> {
    if (token) return token;
    if (session.phase() === 'signed-in')
      throw new OfflineError(new Error('the session could not be renewed'));
    throw new SignedOutError();
  }

  return async (request) => {
    const token = await tokenOrThrow(await session.accessToken());
    const first = await send(request.clone(), token);
    const answer =
      first.status === 401 ? await send(request, await tokenOrThrow(await session.renew(token))) : first;
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  };
}
