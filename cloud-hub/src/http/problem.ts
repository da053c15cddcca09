import { PROBLEMS, type Problem, type ProblemCode } from '@voltbay/protocol';
import type { z } from 'zod';

export type ProblemExtras = {
  /** A station's reason code. */
  reason?: string;
  /** The resource it is about. */
  resourceId?: string;
  errors?: { path: string; message: string }[];
  headers?: Record<string, string>;
  cause?: unknown;
};

/** An outcome that is answered as RFC 9457 problem+json. `detail` is shown to the caller: never put a secret in it. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly detail: string | undefined;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, detail?: string, extras: ProblemExtras = {}) {
    super(detail ?? PROBLEMS[code].title, { cause: extras.cause });
    this.name = 'ProblemError';
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.detail = detail;
    this.extras = extras;
  }
}

/** `throw problem('NOT_FOUND', 'no station 1299')` */
export const problem = (code: ProblemCode, detail?: string, extras?: ProblemExtras): ProblemError =>
  new ProblemError(code, detail, extras);

/** zod issues as VALIDATION (or UNKNOWN_FIELD when that is all there is), each with the path of its field. */
export function validationProblem(error: z.ZodError, where: 'body' | 'query' | 'path'): ProblemError {
  const errors: { path: string; message: string }[] = [];
  let onlyUnknown = true;
  for (const issue of error.issues.slice(0, 20)) {
    const base = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, 20))
        errors.push({ path: [where, ...base, key].join('.'), message: 'unknown field: remove it' });
    } else {
      onlyUnknown = false;
      errors.push({ path: [where, ...base].join('.'), message: issue.message });
    }
  }
  const first = errors[0];
  return problem(
    onlyUnknown ? 'UNKNOWN_FIELD' : 'VALIDATION',
    first ? `${first.path}: ${first.message}` : undefined,
    {
      errors,
    },
  );
}

export function problemBody(error: ProblemError, requestId: string, instance: string): Problem {
  const { reason, resourceId, errors } = error.extras;
  return {
    type: `urn:voltbay:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: PROBLEMS[error.code].title,
    status: error.status,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    instance,
    code: error.code,
    requestId,
    ...(reason === undefined ? {} : { reason }),
    ...(resourceId === undefined ? {} : { resourceId }),
    ...(errors === undefined ? {} : { errors }),
  };
}
