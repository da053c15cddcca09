export * from './schedules.js';
export * from './task-document.js';
export * from './task-runner.js';
export * from './task-spec.js';
export * from './task-store.js';
