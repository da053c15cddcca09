import type { ProblemCode } from '@voltbay/protocol';
import type { Context } from 'hono';
import type { z } from 'zod';
import type { Access, Grant, Principal } from './access.js';

/** What a handler learns of the request besides its checked input. */
export type RequestFacts = {
  id: string;
  ip: string;
  userAgent: string | undefined;
  method: string;
  /** Path and query as they were sent. */
  url: string;
  header(name: string): string | undefined;
  /** Version of If-Match; null when the header is absent or `*`. */
  ifMatch: number | null;
  idempotencyKey: string | null;
  /** Aborted when the caller goes away. */
  signal: AbortSignal;
  /** Says that the handler is about to act outside the hub: the audit entry is written beside it, not after it. */
  acting(): void;
};

export type HandlerInput<P, Q, B> = {
  params: P;
  query: Q;
  body: B;
  /** `ANONYMOUS` on public routes. */
  principal: Principal;
  grant: Grant;
  request: RequestFacts;
  context: Context;
};

/** What a handler answers: JSON `body` with `status`, or a whole Response (streams, files). */
export type Reply = { status: number; body?: unknown; headers?: Record<string, string> } | Response;

/** A file as the body. */
export type UploadSpec = { contentType: string; maxBytes: number };

export type ResponseSpec = { description: string; schema?: z.ZodType; contentType?: string };

export type RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** In OpenAPI form: `/core/v0/orders/{id}`. */
  path: string;
  operationId: string;
  summary: string;
  description?: string;
  tags: [string];
  access: Access;
  /** Strict object of path parameters. */
  params?: P;
  /** Strict object of query parameters; `listQuery` makes one for lists. Without it any query parameter is refused. */
  query?: Q;
  body?: B;
  /** A body for the document, where none can be made from the schema. */
  example?: unknown;
  /** The body is a file; the handler reads it with `readUpload`. */
  upload?: UploadSpec;
  /** A missing body counts as `{}`. */
  bodyOptional?: boolean;
  /** Largest body in bytes; default 64 KiB. */
  maxBodyBytes?: number;
  responses: Readonly<Record<number, ResponseSpec>>;
  /** Problems the handler itself answers; those of the kit (401, 403, 400, 413, 415, 429, 500) are added. */
  problems?: readonly ProblemCode[];
  /** `required` on calls that create or move money; `optional` where the 2021 plan's callers do not send the header. */
  idempotency?: 'required' | 'optional';
  /** `required` answers 428 without If-Match. */
  ifMatch?: 'required' | 'optional';
  /** Calls per minute and address for public routes that are worth attacking. */
  perMinute?: number;
  /** The route limits its callers itself: many of them come from one address. */
  ownLimits?: boolean;
  /**
   * A GET whose answer depends on its address and on how far the caller sees (`scopeFilter`) and on nothing else of the caller or the request:
   * those who ask the same at the same time share one reading of the store.
   */
  sharedRead?: true;
  /** Seconds that an answer of a public GET may be given again, to everybody alike. */
  cacheS?: number;
  handler(input: HandlerInput<z.output<P>, z.output<Q>, z.output<B>>): Promise<Reply> | Reply;
};

/** A route with its types erased: what features hand to the app, and what the permission and OpenAPI tests walk over. */
export type HttpRoute = Omit<RouteSpec<z.ZodType, z.ZodType, z.ZodType>, 'handler'> & {
  // biome-ignore lint/suspicious/noExplicitAny: the three inputs were checked against params, query and body at definition
  handler(input: HandlerInput<any, any, any>): Promise<Reply> | Reply;
};

export function defineRoute<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<P, Q, B>): HttpRoute {
  return spec as unknown as HttpRoute;
}

export const ok = (body: unknown, headers?: Record<string, string>): Reply => ({
  status: 200,
  body,
  headers,
});
export const created = (body: unknown, headers?: Record<string, string>): Reply => ({
  status: 201,
  body,
  headers,
});
export const noContent = (): Reply => ({ status: 204 });
