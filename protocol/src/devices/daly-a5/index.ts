export * from './commands.js';
export * from './decode.js';
export * from './frame.js';
