export * from './alarm.js';
export * from './analog.js';
export * from './commands.js';
export * from './decode.js';
export * from './encode.js';
export * from './fields.js';
