export * from './answer.js';
export * from './frame.js';
export * from './item-alarms.js';
