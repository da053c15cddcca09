export type BleErrorCode =
  | 'TIMEOUT'
  | 'DISCONNECTED'
  | 'ADAPTER_LOST'
  | 'CANCELLED'
  | 'NO_SERVICE'
  | 'FAILED';

/** Why a BLE operation did not succeed. */
export class BleError extends Error {
  override readonly name = 'BleError';
  readonly code: BleErrorCode;
  constructor(code: BleErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Some of noble's errors are strings. */
export function toBleError(error: unknown, what: string): BleError {
  if (error instanceof BleError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const code = /could not find all requested services/i.test(text) ? 'NO_SERVICE' : 'FAILED';
  return new BleError(code, `${what}: ${text}`, { cause: error });
}

export type RaceOptions = {
  what: string;
  timeoutMs: number;
  ends: ReadonlyArray<{ signal: AbortSignal; code: BleErrorCode }>;
};

/**
 * Bounds an operation that may never settle, which noble's do when a link drops: it ends with a timeout or with one of the signals.
 * @throws BleError
 */
export function bounded<T>(
  { what, timeoutMs, ends }: RaceOptions,
  begin: (settle: (error: unknown, value?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cleanups: Array<() => void> = [];
    const finish = (act: () => void): void => {
      for (const cleanup of cleanups.splice(0)) cleanup();
      act();
    };
    const fail = (error: BleError): void => finish(() => reject(error));
    const timer = setTimeout(
      () => fail(new BleError('TIMEOUT', `${what}: nothing happened within ${timeoutMs} ms`)),
      timeoutMs,
    );
    cleanups.push(() => clearTimeout(timer));
    for (const { signal, code } of ends) {
      const onAbort = (): void =>
        fail(new BleError(code, `${what}: ${code.toLowerCase().replace('_', ' ')}`));
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort);
      cleanups.push(() => signal.removeEventListener('abort', onAbort));
    }
    try {
      begin((error, value) => {
        if (error) fail(toBleError(error, what));
        else finish(() => resolve(value as T));
      });
    } catch (error) {
      fail(toBleError(error, what));
    }
  });
}
