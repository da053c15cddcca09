export * from './access.js';
export * from './etag.js';
export * from './idempotency.js';
export * from './list.js';
export * from './pipeline.js';
export * from './problem.js';
export * from './rate-limit.js';
export * from './route.js';
