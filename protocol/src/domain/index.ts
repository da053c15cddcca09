export * from './charge-forecast.js';
export * from './errors.js';
export * from './opening-hours.js';
export * from './order.js';
export * from './pack-choice.js';
export * from './reading.js';
export * from './reasons.js';
export * from './vehicle-numbers.js';
