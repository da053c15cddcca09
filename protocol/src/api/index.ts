export * from './auth.js';
export * from './common.js';
export * from './order-resources.js';
export * from './passes.js';
export * from './resources.js';
