import {
  deviceSchema,
  enrollRequestSchema,
  enrollResponseSchema,
  idSchema,
  otpRequestSchema,
  principalSchema,
  sessionSchema,
  tokenRequestSchema,
  tokenResponseSchema,
} from '@voltbay/protocol';
import { z } from 'zod';
import { needs, publicAccess, seesStation, signedIn } from '../http/access.js';
import { problem } from '../http/problem.js';
import { created, defineRoute, type HttpRoute, noContent, ok } from '../http/route.js';
import type { StationDirectory } from '../ports.js';
import type { OneTimeCodes } from './one-time-codes.js';
import type { SignIn } from './service.js';
import type { Sessions } from './sessions.js';
import { JWKS_MAX_AGE_S, type SigningKeys } from './signing-keys.js';
import type { StationCredentials } from './station-credentials.js';

const jwksSchema = z.object({
  keys: z.array(
    z.looseObject({
      kty: z.string(),
      crv: z.string(),
      x: z.string(),
      kid: z.string(),
      use: z.string(),
      alg: z.string(),
    }),
  ),
});
const enrolCodeSchema = z.object({ device: deviceSchema, code: z.string(), expiresAt: z.iso.datetime() });
const rotatedSchema = z.object({
  device: deviceSchema,
  secret: z.string(),
  oldValidUntil: z.iso.datetime(),
});
const deviceParams = z.strictObject({ id: deviceSchema });

/** Routes of `/auth/v1`, except users. */
export function createStargateRoutes(deps: {
  signIn: SignIn;
  codes: OneTimeCodes;
  sessions: Sessions;
  keys: SigningKeys;
  stations: StationCredentials;
  riderTenantId: string;
  directory: StationDirectory;
  /** Addresses that a newly enrolled station is told, known once the servers listen. */
  endpoints(): { apiUrl: string; mqttUrl: string };
}): HttpRoute[] {
  return [
    defineRoute({
      method: 'get',
      path: '/auth/v1/.well-known/jwks.json',
      operationId: 'getJwks',
      summary: 'Public keys that verify access tokens',
      tags: ['auth'],
      access: publicAccess,
      responses: { 200: { description: 'RFC 7517 key set', schema: jwksSchema } },
      handler: async () =>
        ok(await deps.keys.jwks(), { 'Cache-Control': `public, max-age=${JWKS_MAX_AGE_S}` }),
    }),
    defineRoute({
      method: 'post',
      path: '/auth/v1/otp',
      operationId: 'sendOneTimeCode',
      summary: "Send a one-time code to a rider's phone",
      tags: ['auth'],
      access: publicAccess,
      body: otpRequestSchema,
      perMinute: 60,
      responses: { 202: { description: 'On its way; the same answer whether or not the number is known' } },
      async handler({ body, request }) {
        await deps.codes.send({ tenantId: deps.riderTenantId, phone: body.phone, ip: request.ip });
        return { status: 202 };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/auth/v1/token',
      operationId: 'issueToken',
      summary: 'Sign in, or trade a refresh token for the next one',
      description:
        'Riders: phone and one-time code. Operators: name, password and, when switched on, the code of their authenticator. Stations: device and secret. A refresh token works once; a second use closes the session.',
      tags: ['auth'],
      access: publicAccess,
      body: tokenRequestSchema,
      perMinute: 300,
      responses: { 200: { description: 'Tokens', schema: tokenResponseSchema } },
      problems: ['BAD_CREDENTIALS', 'REFRESH_REUSED', 'UNAUTHENTICATED'],
      handler: async ({ body, request }) => ok(await deps.signIn.token(body, request)),
    }),
    defineRoute({
      method: 'get',
      path: '/auth/v1/me',
      operationId: 'getMe',
      summary: 'Who the caller is and what the caller may do',
      tags: ['auth'],
      access: signedIn,
      responses: { 200: { description: 'The caller', schema: principalSchema } },
      handler: ({ principal }) =>
        ok({
          sub: principal.sub,
          audience: principal.audience,
          tenantId: principal.tenantId,
          name: principal.name,
          roles: principal.roles,
          permissions: [...principal.permissions.keys()].sort(),
          device: principal.device,
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/auth/v1/sessions',
      operationId: 'listSessions',
      summary: "The caller's open sessions",
      tags: ['auth'],
      access: signedIn,
      responses: { 200: { description: 'Newest first', schema: z.array(sessionSchema) } },
      async handler({ principal }) {
        const sessions = await deps.sessions.list(principal);
        return ok(
          sessions.map((session) => ({
            id: session._id,
            audience: session.audience,
            createdAt: session.createdAt,
            lastUsedAt: session.lastUsedAt,
            ...(session.userAgent === null ? {} : { userAgent: session.userAgent }),
            current: session._id === principal.sessionId,
          })),
        );
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/auth/v1/sessions/{id}',
      operationId: 'revokeSession',
      summary: 'Close a session of the caller; its tokens stop working',
      tags: ['auth'],
      access: signedIn,
      params: z.strictObject({ id: idSchema }),
      responses: { 204: { description: 'Closed' } },
      problems: ['NOT_FOUND'],
      async handler({ params, principal }) {
        if (!(await deps.sessions.revoke(principal, params.id, 'revoked by owner')))
          throw problem('NOT_FOUND', `no open session ${params.id}`);
        return noContent();
      },
    }),
    defineRoute({
      method: 'post',
      path: '/auth/v1/stations/enroll',
      operationId: 'enrolStation',
      summary: "Redeem a commissioning code for the station's secret, shown once",
      tags: ['auth'],
      access: publicAccess,
      body: enrollRequestSchema,
      perMinute: 30,
      responses: { 200: { description: 'The secret', schema: enrollResponseSchema } },
      problems: ['BAD_CREDENTIALS'],
      async handler({ body }) {
        const { device, secret, topics } = await deps.stations.enrol(body);
        return ok({ device, secret, topics, ...deps.endpoints() });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/auth/v1/stations/{id}/enrol-code',
      operationId: 'issueEnrolCode',
      summary: 'A commissioning code for a station, shown once, valid seven days',
      tags: ['auth'],
      access: needs('stations:credentials'),
      params: deviceParams,
      responses: { 201: { description: 'The code', schema: enrolCodeSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params, principal, grant }) {
        const station = await deps.directory.get(params.id);
        if (station?.tenantId !== principal.tenantId || !seesStation(principal, grant, params.id))
          throw problem('NOT_FOUND', `no station ${params.id}`);
        const issued = await deps.stations.issueEnrolCode({
          device: params.id,
          tenantId: principal.tenantId,
        });
        return created({ device: params.id, ...issued });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/auth/v1/stations/{id}/rotate',
      operationId: 'rotateStationSecret',
      summary: 'A new secret; the old one works for another 24 hours',
      tags: ['auth'],
      access: needs('credentials:rotate'),
      params: deviceParams,
      responses: { 201: { description: 'The new secret, shown once', schema: rotatedSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params, principal, grant }) {
        if (!seesStation(principal, grant, params.id)) throw problem('NOT_FOUND', `no station ${params.id}`);
        const rotated = await deps.stations.rotate({ device: params.id, tenantId: principal.tenantId });
        return created({ device: params.id, ...rotated });
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/auth/v1/stations/{id}/credentials',
      operationId: 'revokeStation',
      summary: 'Drop every secret of a station and close its live session',
      tags: ['auth'],
      access: needs('stations:credentials'),
      params: deviceParams,
      responses: { 204: { description: 'Revoked' } },
      problems: ['NOT_FOUND'],
      async handler({ params, principal, grant }) {
        const station = { device: params.id, tenantId: principal.tenantId };
        if (!seesStation(principal, grant, params.id) || !(await deps.stations.revoke(station)))
          throw problem('NOT_FOUND', `no station ${params.id}`);
        return noContent();
      },
    }),
  ];
}
