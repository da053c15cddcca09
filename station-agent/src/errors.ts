/** Stable codes of faults in the agent. Expected outcomes are values and never appear here. */
export type AgentErrorCode =
  | 'CONFIG_INVALID'
  | 'CONFIG_UNREADABLE'
  | 'CREDENTIALS_MISSING'
  | 'CREDENTIALS_INVALID'
  | 'ALREADY_RUNNING'
  | 'DATABASE_DAMAGED'
  | 'DATABASE_NEWER'
  | 'DATABASE_IO'
  | 'NOT_RUNNING'
  | 'REST_FAILED'
  | 'BAD_USAGE';

/** A fault with a stable code. `retryable` tells whether the same call can succeed later without anyone changing anything. */
export class AgentError extends Error {
  override readonly name: string = 'AgentError';
  readonly code: AgentErrorCode;
  readonly retryable: boolean;
  constructor(code: AgentErrorCode, message: string, options: ErrorOptions & { retryable?: boolean } = {}) {
    super(message, options);
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** Message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
