import type { Problem } from '../api/common.js';

/** The hub answered, and refused. `problem.code` is stable; wording is in the clients under `error.<code>`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problem: Partial<Problem>;
  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = problem.code ?? (status >= 500 ? 'UNAVAILABLE' : 'INTERNAL');
    this.problem = problem;
  }
}

/** Nothing came back: no network, or no hub. What was asked may or may not have happened. */
export class OfflineError extends Error {
  readonly code = 'OFFLINE';
  constructor(cause: unknown) {
    super('The hub cannot be reached', { cause });
    this.name = 'OfflineError';
  }
}

/** Nobody is signed in any more; the page asks to sign in again and then repeats. */
export class SignedOutError extends Error {
  readonly code = 'UNAUTHENTICATED';
  constructor() {
    super('Sign in first');
    this.name = 'SignedOutError';
  }
}

/** Stable code of whatever was thrown, for `error.<code>`; `UNEXPECTED` for a fault of the page itself. */
export function errorCode(error: unknown): string {
  if (error instanceof ApiError || error instanceof OfflineError || error instanceof SignedOutError)
    return error.code;
  return 'UNEXPECTED';
}
