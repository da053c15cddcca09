export * from './api-error.js';
export * from './format.js';
export * from './live-stream.js';
export * from './session.js';
export * from './slot-tone.js';
export * from './swap-progress.js';
