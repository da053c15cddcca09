export * from './collections.js';
export * from './database.js';
export * from './gathered-reads.js';
export * from './open-store.js';
export * from './pieces.js';
