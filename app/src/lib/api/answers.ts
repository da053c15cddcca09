import { ApiError } from '@voltbay/protocol/client';
import type { operations } from './generated/schema.js';

type JsonOf<R> = R extends { content: { 'application/json': infer T } } ? T : never;
type GoodStatus = 200 | 201 | 202;

/** What the hub answers to an operation when it goes well, as its OpenAPI document says. */
export type AnswerOf<K extends keyof operations> = {
  [S in keyof operations[K]['responses'] & GoodStatus]: JsonOf<operations[K]['responses'][S]>;
}[keyof operations[K]['responses'] & GoodStatus];

/** One entry of a list. */
export type EntryOf<K extends keyof operations> = AnswerOf<K> extends readonly (infer T)[] ? T : never;

/** A refusal was thrown before; an empty answer where one was promised is the hub's fault. */
export function body<T>(answer: { data?: T; response: Response }): T {
  if (answer.data === undefined) throw new ApiError(answer.response.status, { code: 'INTERNAL' });
  return answer.data;
}

/** The header of calls that must happen once, however often they are sent. */
export const once = (key: string) => ({ header: { 'Idempotency-Key': key } });
export const NEWEST_FIRST = { _sort: 'createdAt', _order: 'desc' } as const;
