import { z } from 'zod';
import {
  defineRoute,
  type HttpRoute,
  ok,
  problem,
  publicAccess,
  type RateLimits,
  type RequestFacts,
} from '../http/index.js';
import type { Logger } from '../logger.js';
import { type BrokerAccess, sameText, type TopicWish } from './http-access.js';

const text = z.string().max(1_024);
/** A broker sends more than is asked for; what is not named here is not looked at. */
const signInBody = z.object({ username: text, password: text });
const emqxTopicBody = z.object({
  username: text,
  topic: text,
  action: z.enum(['publish', 'subscribe']),
  // Templates of a broker make texts of everything.
  retain: z.union([z.boolean(), z.enum(['true', 'false', '0', '1', ''])]).optional(),
});
/** 1 read, 2 write, 3 read and write, 4 subscribe: as Mosquitto numbers them. */
const mosquittoTopicBody = z.object({
  username: text,
  topic: text,
  acc: z.coerce.number().int().min(1).max(4),
});
const emqxAnswer = z.object({ result: z.enum(['allow', 'deny']) });
const goAuthAnswer = z.object({ ok: z.literal(true), error: z.literal('') });
const secretQuery = z.strictObject({ secret: z.string().max(256).optional() });

const WISHES: Readonly<Record<number, readonly TopicWish['action'][]>> = {
  1: ['read'],
  2: ['publish'],
  3: ['read', 'publish'],
  4: ['subscribe'],
};
const WRONG_SECRETS_PER_MINUTE = 30;

/**
 * What EMQX (HTTP authentication and authorization) and Mosquitto (go-auth, HTTP backend) ask. Whatever goes wrong here is a refusal:
 * no secret configured, a wrong one, a body that cannot be read, a store that is away.
 */
export function createBrokerAccessRoutes(deps: {
  access: BrokerAccess;
  /** What the broker shows with every question; null = nothing is answered with yes. */
  secret: string | null;
  limits: RateLimits;
  logger: Logger;
}): HttpRoute[] {
  const checkSecret = async (request: RequestFacts, inQuery: string | undefined) => {
    if (deps.secret === null)
      throw problem('FORBIDDEN', 'set VOLTBAY_BROKER_SECRET to let a broker ask here');
    const shown = request.header('x-broker-secret') ?? inQuery;
    if (shown !== undefined && sameText(shown, deps.secret)) return;
    await deps.limits.take('broker-secret', request.ip, WRONG_SECRETS_PER_MINUTE);
    throw problem('FORBIDDEN', 'X-Broker-Secret (or ?secret=) is missing or wrong');
  };
  const decide = async (request: RequestFacts, work: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await work();
    } catch (error) {
      deps.logger.error(
        { requestId: request.id, err: error },
        'a question of the broker was answered with no',
      );
      return false;
    }
  };
  const shared = {
    method: 'post' as const,
    tags: ['broker'] as [string],
    access: publicAccess,
    ownLimits: true,
    query: secretQuery,
    problems: ['FORBIDDEN'] as const,
  };
  const emqx = (allowed: boolean) => ok({ result: allowed ? 'allow' : 'deny' });
  const goAuth = (allowed: boolean) => {
    if (!allowed) throw problem('FORBIDDEN', 'denied');
    return ok({ ok: true, error: '' });
  };
  const allOf = async (username: string, wishes: readonly TopicWish[]) => {
    for (const wish of wishes) if (!(await deps.access.may(username, wish))) return false;
    return wishes.length > 0;
  };

  return [
    defineRoute({
      ...shared,
      path: '/auth/v1/broker/emqx/sign-in',
      operationId: 'emqxSignIn',
      summary: 'EMQX asks whether a client may sign in',
      body: signInBody,
      responses: { 200: { description: '`allow` or `deny`', schema: emqxAnswer } },
      async handler({ body, query, request }) {
        await checkSecret(request, query.secret);
        return emqx(await decide(request, () => deps.access.signIn(body.username, body.password)));
      },
    }),
    defineRoute({
      ...shared,
      path: '/auth/v1/broker/emqx/topic',
      operationId: 'emqxTopic',
      summary: 'EMQX asks whether a client may use a topic',
      body: emqxTopicBody,
      responses: { 200: { description: '`allow` or `deny`', schema: emqxAnswer } },
      async handler({ body, query, request }) {
        await checkSecret(request, query.secret);
        const retain = [true, 'true', '1'].includes(body.retain ?? false);
        const wish = { action: body.action, topic: body.topic, retain };
        return emqx(await decide(request, () => deps.access.may(body.username, wish)));
      },
    }),
    defineRoute({
      ...shared,
      path: '/auth/v1/broker/mosquitto/user',
      operationId: 'mosquittoUser',
      summary: 'Mosquitto (go-auth) asks whether a client may sign in',
      body: signInBody,
      responses: { 200: { description: 'It may; 403 when not', schema: goAuthAnswer } },
      async handler({ body, query, request }) {
        await checkSecret(request, query.secret);
        return goAuth(await decide(request, () => deps.access.signIn(body.username, body.password)));
      },
    }),
    defineRoute({
      ...shared,
      path: '/auth/v1/broker/mosquitto/superuser',
      operationId: 'mosquittoSuperuser',
      summary: 'Mosquitto (go-auth) asks for users without limits: there are none',
      body: z.object({ username: text }),
      responses: { 200: { description: 'Never given', schema: goAuthAnswer } },
      async handler({ query, request }) {
        await checkSecret(request, query.secret);
        return goAuth(false);
      },
    }),
    defineRoute({
      ...shared,
      path: '/auth/v1/broker/mosquitto/acl',
      operationId: 'mosquittoAcl',
      summary: 'Mosquitto (go-auth) asks whether a client may use a topic',
      body: mosquittoTopicBody,
      responses: { 200: { description: 'It may; 403 when not', schema: goAuthAnswer } },
      async handler({ body, query, request }) {
        await checkSecret(request, query.secret);
        const wishes = (WISHES[body.acc] ?? []).map((action) => ({
          action,
          topic: body.topic,
          retain: false,
        }));
        return goAuth(await decide(request, () => allOf(body.username, wishes)));
      },
    }),
  ];
}
