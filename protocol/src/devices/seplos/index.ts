export * from './commands.js';
export * from './decode.js';
export * from './encode.js';
export * from './fields.js';
export { readTelemetry, type Telemetry } from './telemetry.js';
