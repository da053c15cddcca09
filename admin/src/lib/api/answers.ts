import { ApiError } from '@voltbay/protocol/client';
import type { operations } from './generated/schema.js';

/** A page of a list; `total` is what `X-Total-Count` says. */
export type Page<T> = { items: T[]; total: number };

export type QueryOf<Name extends keyof operations> = operations[Name] extends {
  parameters: { query?: infer Query };
}
  ? NonNullable<Query>
  : never;

/** One row of a list operation. */
export type RowOf<Name extends keyof operations> = operations[Name] extends {
  responses: { 200: { content: { 'application/json': (infer Row)[] } } };
}
  ? Row
  : never;

type Answer<T> = { data?: T; response: Response };

/** A refusal has been thrown before; an empty answer where one was promised is the hub's fault. */
export function body<T>(answer: Answer<T>): T {
  if (answer.data === undefined) throw new ApiError(answer.response.status, { code: 'INTERNAL' });
  return answer.data;
}

export const page = <T>(answer: Answer<T[]>): Page<T> => {
  const items = body(answer);
  return { items, total: Number(answer.response.headers.get('x-total-count') ?? items.length) };
};

/** Headers of a change that must happen once, and of one that must meet the version that was shown. */
export const idempotent = (key: string) => ({ 'Idempotency-Key': key });
export const matching = (version: number) => ({ 'If-Match': `"${version}"` });
