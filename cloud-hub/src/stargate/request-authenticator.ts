import { DEVICE_PATTERN } from '@voltbay/protocol';
import type { RequestAuthenticator } from '../http/pipeline.js';
import { problem } from '../http/problem.js';
import type { StationAuthenticator } from '../ports.js';
import type { AccessTokens } from './access-tokens.js';
import type { ApiKeys } from './api-keys.js';
import { grantsOf } from './permissions.js';

/** `Authorization: Bearer` with an access token or an integrator's key; HTTP Basic (device:secret) for stations on the calls that allow it. */
export function createRequestAuthenticator(deps: {
  tokens: AccessTokens;
  stations: StationAuthenticator;
  apiKeys: Pick<ApiKeys, 'looksLikeKey' | 'authenticate'>;
}): RequestAuthenticator {
  return {
    async authenticate(authorization, { basic }) {
      if (authorization === undefined) return null;
      const bearer = /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/i.exec(authorization);
      if (bearer?.[1] && deps.apiKeys.looksLikeKey(bearer[1])) return deps.apiKeys.authenticate(bearer[1]);
      if (bearer?.[1]) return deps.tokens.verify(bearer[1]);
      const credentials = /^Basic ([A-Za-z0-9+/=]{1,512})$/i.exec(authorization);
      if (!credentials?.[1])
        throw problem('UNAUTHENTICATED', 'Authorization: send "Bearer" and an access token');
      if (!basic) throw problem('UNAUTHENTICATED', 'HTTP Basic is not accepted here: send a Bearer token');
      const text = Buffer.from(credentials[1], 'base64').toString('utf8');
      const colon = text.indexOf(':');
      const [device, secret] = [text.slice(0, colon), text.slice(colon + 1)];
      const known =
        colon > 0 && DEVICE_PATTERN.test(device) && secret.length <= 256
          ? await deps.stations.authenticate(device, secret)
          : { ok: false as const };
      if (!known.ok) throw problem('BAD_CREDENTIALS', 'wrong device or secret');
      return {
        sub: device,
        audience: 'station',
        tenantId: known.tenantId,
        roles: ['station'],
        permissions: grantsOf('station', ['station']),
        device,
        stationIds: null,
      };
    },
  };
}
