export * from './commands.js';
export * from './decode.js';
export * from './fields.js';
export * from './frame.js';
