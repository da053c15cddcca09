import type { Principal } from './access.js';
import type { HttpRoute } from './route.js';

/** Told of every answered request; must neither throw nor wait. */
export type RequestObserver = (request: {
  route: HttpRoute;
  status: number;
  durationMs: number;
  audience: Principal['audience'];
}) => void;

/** Counts requests that are paid for. */
export interface RequestMeter {
  /** Throws RATE_LIMITED with Retry-After when the caller's quota is used up. */
  take(principal: Principal): Promise<void>;
}
