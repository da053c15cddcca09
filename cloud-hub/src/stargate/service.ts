import type { TokenRequest, TokenResponse } from '@voltbay/protocol';
import { problem } from '../http/problem.js';
import type { RequestFacts } from '../http/route.js';
import type { Users } from '../users/users.js';
import type { AccessTokens, TokenSubject } from './access-tokens.js';
import type { SessionDocument } from './collections.js';
import type { OneTimeCodes } from './one-time-codes.js';
import type { Operators } from './operators.js';
import type { Sessions } from './sessions.js';
import type { StationCredentials } from './station-credentials.js';

export interface SignIn {
  token(request: TokenRequest, facts: RequestFacts): Promise<TokenResponse>;
}

/** `POST /auth/v1/token`: every way to get in, one answer. */
export function createSignIn(deps: {
  tokens: AccessTokens;
  sessions: Sessions;
  codes: OneTimeCodes;
  operators: Operators;
  stations: StationCredentials;
  users: Users;
  /** Whether nobody of the tenant may sign in. */
  isSuspended(tenantId: string): Promise<boolean>;
  /** Tenant that riders sign in to. */
  riderTenantId: string;
}): SignIn {
  const wrong = (detail?: string) => problem('BAD_CREDENTIALS', detail);

  /** Who a session stands for today: roles and status may have changed since it was opened. */
  const subjectOf = async (session: SessionDocument): Promise<TokenSubject | null> => {
    const base = { sub: session.sub, tenantId: session.tenantId, sessionId: session._id };
    if (session.audience === 'operator') {
      const operator = await deps.operators.find(session.sub);
      return operator?.status === 'active'
        ? {
            ...base,
            audience: 'operator',
            roles: operator.roles,
            name: operator.name,
            stationIds: operator.stationIds,
            regionIds: operator.regionIds ?? [],
          }
        : null;
    }
    const user = await deps.users.find(session.tenantId, session.sub);
    return user && user.status !== 'closed'
      ? { ...base, audience: 'rider', roles: ['rider'], name: user.name }
      : null;
  };
  const answer = async (opened: {
    session: SessionDocument;
    refreshToken: string;
  }): Promise<TokenResponse> => {
    if (await deps.isSuspended(opened.session.tenantId))
      throw problem('UNAUTHENTICATED', 'the tenant is suspended');
    const subject = await subjectOf(opened.session);
    if (!subject) {
      const { tenantId, sub, _id } = opened.session;
      await deps.sessions.revoke({ tenantId, sub }, _id, 'account closed');
      throw problem('UNAUTHENTICATED', 'the account is closed');
    }
    const { accessToken, expiresInS } = await deps.tokens.issue(subject);
    return { accessToken, tokenType: 'Bearer', expiresInS, refreshToken: opened.refreshToken };
  };
  const open = (
    owner: { tenantId: string; sub: string; audience: 'rider' | 'operator' },
    facts: RequestFacts,
  ) => deps.sessions.open({ ...owner, userAgent: facts.userAgent, ip: facts.ip });

  return {
    async token(request, facts) {
      switch (request.grantType) {
        case 'otp': {
          const tenantId = deps.riderTenantId;
          if (!(await deps.codes.redeem({ tenantId, phone: request.phone, code: request.code })))
            throw wrong('the code is wrong or has expired');
          const user = await deps.users.findOrCreateByPhone(tenantId, request.phone);
          if (user.status === 'closed') throw wrong('the account is closed');
          return answer(await open({ tenantId, sub: user._id, audience: 'rider' }, facts));
        }
        case 'password': {
          const { username, password, totp } = request;
          const operator = await deps.operators.signIn({ username, password, totp, ip: facts.ip });
          const owner = { tenantId: operator.tenantId, sub: operator._id, audience: 'operator' as const };
          return answer(await open(owner, facts));
        }
        case 'station': {
          const known = await deps.stations.authenticate(request.device, request.secret);
          if (!known.ok) throw wrong('wrong device or secret');
          const { accessToken, expiresInS } = await deps.tokens.issue({
            sub: request.device,
            audience: 'station',
            tenantId: known.tenantId,
            roles: ['station'],
            device: request.device,
            credentialId: known.credentialId,
          });
          return { accessToken, tokenType: 'Bearer', expiresInS };
        }
        case 'refresh':
          return answer(await deps.sessions.refresh(request.refreshToken));
      }
    },
  };
}
