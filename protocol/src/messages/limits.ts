/** Limits that both ends enforce on MQTT payloads. */
export const MESSAGE_LIMITS = {
  /** Largest payload in bytes that the hub reads; larger ones are refused and counted. */
  maxPayloadBytes: 262_144,
  /** Deepest nesting of objects and arrays. */
  maxDepth: 12,
  /** Readings in one STATION_INFO or TELEMETRY. */
  maxReadings: 256,
  /** Longest free text in a message. */
  maxTextLength: 2_000,
  /** `also` entries in one SERVER_ACK. */
  maxAckExtras: 1_000,
} as const;

/** Default time to live of a command, milliseconds. */
export const DEFAULT_COMMAND_TTL_MS = 15_000;
