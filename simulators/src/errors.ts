/** Stable codes of everything the simulators throw. */
export type SimulatorErrorCode =
  | 'SIM_CONFIG'
  | 'SIM_PTY_UNSUPPORTED'
  | 'SIM_NO_SLOT'
  | 'SIM_NO_PACK'
  | 'SIM_NO_PORT'
  | 'SIM_IMPOSSIBLE'
  | 'SIM_BAD_REQUEST'
  | 'SIM_DIRECTORY'
  | 'SIM_SCENARIO_FAILED'
  | 'SIM_UNREACHABLE'
  | 'SIM_HUB_REFUSED';

/** Base of every fault thrown here. `code` is stable; the message names the cause and, where there is one, the fix. */
export class SimulatorError extends Error {
  readonly code: SimulatorErrorCode;

  constructor(code: SimulatorErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SimulatorError';
    this.code = code;
  }
}
