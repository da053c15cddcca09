import { z } from 'zod';
import {
  defineRoute,
  type HttpRoute,
  noContent,
  ok,
  type Principal,
  problem,
  signedIn,
} from '../http/index.js';
import type { Operators } from './operators.js';
import type { Sessions } from './sessions.js';

const password = z.string().min(1).max(256);
const tags: [string] = ['auth'];

/** What an operator does to the own account. The password is asked again: an open session alone does not suffice. */
export function createOwnAccountRoutes(deps: { operators: Operators; sessions: Sessions }): HttpRoute[] {
  const operatorOnly = (principal: Principal) => {
    if (principal.audience !== 'operator') throw problem('FORBIDDEN', 'for operators alone');
  };
  return [
    defineRoute({
      method: 'post',
      path: '/auth/v1/me/password',
      operationId: 'changeOwnPassword',
      summary: 'Another password; every other session ends',
      tags,
      access: signedIn,
      body: z.strictObject({ current: password, next: z.string().min(10).max(256) }),
      responses: { 204: { description: 'Changed' } },
      problems: ['BAD_CREDENTIALS', 'FORBIDDEN'],
      async handler({ body, principal }) {
        operatorOnly(principal);
        const operator = await deps.operators.confirmPassword(principal.sub, body.current);
        await deps.operators.setPassword(operator.username, body.next);
        for (const session of await deps.sessions.list(principal))
          if (session._id !== principal.sessionId)
            await deps.sessions.revoke(principal, session._id, 'password changed');
        return noContent();
      },
    }),
    defineRoute({
      method: 'post',
      path: '/auth/v1/me/totp',
      operationId: 'beginTotp',
      summary: 'A secret for an authenticator app; it counts once its first code is confirmed',
      tags,
      access: signedIn,
      body: z.strictObject({ password }),
      responses: {
        200: { description: 'otpauth:// URI, shown once', schema: z.object({ uri: z.string() }) },
      },
      problems: ['BAD_CREDENTIALS', 'FORBIDDEN', 'CONFLICT'],
      async handler({ body, principal }) {
        operatorOnly(principal);
        const operator = await deps.operators.confirmPassword(principal.sub, body.password);
        if (operator.sealedTotp !== null)
          throw problem('CONFLICT', 'the second factor is on: turn it off first');
        return ok({ uri: await deps.operators.beginTotp(principal.sub) });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/auth/v1/me/totp/confirm',
      operationId: 'confirmTotp',
      summary: 'Turns the second factor on with a code of the app',
      tags,
      access: signedIn,
      body: z.strictObject({ code: z.string().regex(/^[0-9]{6}$/) }),
      responses: { 204: { description: 'On' } },
      problems: ['BAD_CREDENTIALS', 'FORBIDDEN', 'CONFLICT'],
      async handler({ body, principal }) {
        operatorOnly(principal);
        await deps.operators.confirmTotp(principal.sub, body.code);
        return noContent();
      },
    }),
    defineRoute({
      method: 'post',
      path: '/auth/v1/me/totp/disable',
      operationId: 'disableTotp',
      summary: 'Turns the second factor off',
      tags,
      access: signedIn,
      body: z.strictObject({ password }),
      responses: { 204: { description: 'Off' } },
      problems: ['BAD_CREDENTIALS', 'FORBIDDEN'],
      async handler({ body, principal }) {
        operatorOnly(principal);
        const operator = await deps.operators.confirmPassword(principal.sub, body.password);
        await deps.operators.disableTotp(operator.username);
        return noContent();
      },
    }),
  ];
}
