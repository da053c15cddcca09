export * from './downlink.js';
export * from './envelope.js';
export * from './limits.js';
export * from './parse.js';
export * from './readings.js';
export * from './types.js';
export * from './uplink.js';
