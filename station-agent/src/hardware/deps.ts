/** Time as the hardware layer needs it. Both count milliseconds; only the wall clock may jump. */
export type HardwareClock = {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start, never backwards. */
  monotonicMs(): number;
};

type LogLine = (fields: object, message: string) => void;

/** The part of a pino logger that is used here. */
export type HardwareLog = { debug: LogLine; info: LogLine; warn: LogLine; error: LogLine };
