export { CAPTURE_PROTOCOLS, decodeCapture } from './capture.js';
export * from './case.js';
