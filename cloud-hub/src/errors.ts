/** A fault of the hub with a stable code. Expected outcomes are values; this is for what should not happen or cannot be done now. */
export class HubError extends Error {
  readonly code: string;
  /** The same call may succeed later without a change by the caller. */
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** The station has no live session: nothing was journalled as sent, nothing was published. */
export class StationOfflineError extends HubError {
  readonly device: string;

  constructor(device: string) {
    super('STATION_OFFLINE', `station ${device} has no live session`, { retryable: true });
    this.device = device;
  }
}

/** A start-up value is missing or wrong. `message` names the variable and the fix. */
export class ConfigError extends HubError {
  constructor(message: string) {
    super('BAD_CONFIG', message);
  }
}
