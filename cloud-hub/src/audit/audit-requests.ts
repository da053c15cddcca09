import type { Principal } from '../http/access.js';
import type { HttpRoute } from '../http/route.js';
import type { Logger } from '../logger.js';
import type { AuditLog } from './audit-log.js';
import { redacted } from './redact.js';

/** What people send of themselves here is kept sealed elsewhere: a log that is kept for ever does not get it. */
const PERSONAL: ReadonlySet<string> = new Set(['submitRealName']);

/** A request that was answered. */
export type AnsweredRequest = {
  route: Pick<HttpRoute, 'method' | 'operationId' | 'path'>;
  principal: Principal;
  status: number;
  code?: string;
  requestId: string;
  ip: string;
  path: string;
  body: unknown;
  /** Its entry was written when it began to act: see `acting`. */
  entered?: Promise<void>;
};

export interface RequestAudit {
  /**
   * Called when a request is about to act outside the hub: its entry is on the way before the deed is, instead of after it. Resolves when
   * it is stored; a failure is logged.
   */
  acting(request: Omit<AnsweredRequest, 'status' | 'code' | 'entered'>): Promise<void>;
  /** Called for every answered request. What people changed is stored before their answer leaves. */
  answered(request: AnsweredRequest): Promise<void>;
}

/**
 * Records every call that is meant to change something. Riders and stations are not made to wait for it: what they did stands in
 * orders, commands and charges as well.
 */
export function createRequestAudit(deps: {
  log: AuditLog;
  logger: Logger;
  /** Tenant whose log holds what nobody was signed in for. */
  homeTenantId: string;
}): RequestAudit {
  const enter = (
    { route, principal, requestId, ip, path, body }: Omit<AnsweredRequest, 'status'>,
    outcome: string,
    code?: string,
  ): Promise<void> => {
    const anonymous = principal.audience === 'anonymous';
    return deps.log
      .record({
        tenantId: anonymous ? deps.homeTenantId : principal.tenantId,
        actor: { kind: principal.audience, id: principal.sub, name: principal.name ?? null },
        action: route.operationId,
        target: targetOf(path),
        outcome,
        requestId,
        ip,
        detail: {
          ...(code ? { code } : {}),
          ...(body === undefined || PERSONAL.has(route.operationId) ? {} : { sent: redacted(body) }),
        },
      })
      .catch((error) =>
        deps.logger.error({ requestId, action: route.operationId, err: error }, 'audit entry was not stored'),
      );
  };
  return {
    async acting(request) {
      // The deed's own writes are on their way before the entry is made up: it is what takes the time.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      await enter(request, 'sent');
    },
    async answered(request) {
      const { route, principal, status, code, entered } = request;
      if (route.method === 'get' || status === 429) return;
      // Noise of strangers; a wrong password on the sign-in call itself is recorded.
      if (
        principal.audience === 'anonymous' &&
        (status === 400 || code === 'UNAUTHENTICATED' || code === 'TOKEN_EXPIRED')
      )
        return;
      // What came of a deed that succeeded stands with the deed; a failure is worth an entry of its own.
      const stored = entered && status < 300 ? entered : enter(request, String(status), code);
      if (principal.audience === 'operator') await stored;
    },
  };
}

/** `/core/v0/stations/1231/commands` → `stations/1231`; null for a collection. */
function targetOf(path: string): string | null {
  const [, , , collection, id] = path.split('/');
  return collection && id ? `${collection}/${id.slice(0, 120)}` : null;
}
