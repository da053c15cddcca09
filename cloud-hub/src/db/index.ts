export * from './collections.js';
export * from './database.js';
