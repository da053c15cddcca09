/**
 * Stable error codes of REST problems (RFC 9457 `code`) with their HTTP status and default title. One table for hub, admin, app and
 * station agent; wording for people is in the clients' translations under `error.<code>`.
 */
export const PROBLEMS = {
  VALIDATION: { status: 400, title: 'The request is not valid' },
  BAD_JSON: { status: 400, title: 'The body is not JSON' },
  UNKNOWN_FIELD: { status: 400, title: 'Unknown field' },
  IDEMPOTENCY_KEY_REQUIRED: { status: 400, title: 'Idempotency-Key header is required' },
  UNAUTHENTICATED: { status: 401, title: 'Sign in first' },
  TOKEN_EXPIRED: { status: 401, title: 'The token has expired' },
  BAD_CREDENTIALS: { status: 401, title: 'Wrong name or password' },
  REFRESH_REUSED: { status: 401, title: 'The session was used elsewhere and is closed' },
  FORBIDDEN: { status: 403, title: 'Not permitted' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'Method not allowed' },
  CONFLICT: { status: 409, title: 'Conflicts with the current state' },
  DUPLICATE: { status: 409, title: 'Already exists' },
  ILLEGAL_TRANSITION: { status: 409, title: 'The order cannot go to that state' },
  STATION_REFUSED: { status: 409, title: 'The station refused' },
  OPEN_ORDER_EXISTS: { status: 409, title: 'The rider has an open order' },
  INSUFFICIENT_BALANCE: { status: 409, title: 'The balance is too low' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'Idempotency-Key was used with another body' },
  PRECONDITION_FAILED: { status: 412, title: 'The resource has changed' },
  PRECONDITION_REQUIRED: { status: 428, title: 'If-Match is required' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Send application/json' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'Internal error' },
  STATION_OFFLINE: { status: 503, title: 'The station is offline' },
  UNAVAILABLE: { status: 503, title: 'Temporarily unavailable' },
  OUTCOME_UNKNOWN: { status: 504, title: 'The outcome is not known yet' },
} as const;
export type ProblemCode = keyof typeof PROBLEMS;
