export * from './commands.js';
export * from './decode.js';
