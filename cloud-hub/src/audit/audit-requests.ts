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
};

export interface RequestAudit {
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
  return {
    async answered({ route, principal, status, code, requestId, ip, path, body }) {
      if (route.method === 'get' || status === 429) return;
      const anonymous = principal.audience === 'anonymous';
      // Noise of strangers; a wrong password on the sign-in call itself is recorded.
      if (anonymous && (status === 400 || code === 'UNAUTHENTICATED' || code === 'TOKEN_EXPIRED')) return;
      const stored = deps.log
        .record({
          tenantId: anonymous ? deps.homeTenantId : principal.tenantId,
          actor: { kind: principal.audience, id: principal.sub, name: principal.name ?? null },
          action: route.operationId,
          target: targetOf(path),
          outcome: String(status),
          requestId,
          ip,
          detail: {
            ...(code ? { code } : {}),
            ...(body === undefined || PERSONAL.has(route.operationId) ? {} : { sent: redacted(body) }),
          },
        })
        .catch((error) =>
          deps.logger.error(
            { requestId, action: route.operationId, err: error },
            'audit entry was not stored',
          ),
        );
      if (principal.audience === 'operator') await stored;
    },
  };
}

/** `/core/v0/stations/1231/commands` → `stations/1231`; null for a collection. */
function targetOf(path: string): string | null {
  const [, , , collection, id] = path.split('/');
  return collection && id ? `${collection}/${id.slice(0, 120)}` : null;
}
