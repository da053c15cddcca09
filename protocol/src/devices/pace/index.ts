export * from './analog.js';
export * from './commands.js';
export * from './decode.js';
export * from './encode.js';
export * from './fields.js';
export * from './history.js';
export * from './status.js';
