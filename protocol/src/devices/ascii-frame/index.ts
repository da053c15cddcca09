export * from './answer.js';
export * from './frame.js';
