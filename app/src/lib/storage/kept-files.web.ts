/** In a browser the same store holds short and long texts. */
export { keptText as keptFiles } from './kept-text.js';
