import type { RowOf } from './api/answers.js';

const TONES = {
  open: 'charging',
  assigned: 'reserved',
  'in-progress': 'swap',
  done: 'ready',
  cancelled: 'off',
} as const;

/** Colour of a work order's state, wherever one is shown. */
export const workTone = (state: RowOf<'listWorkOrders'>['state']) => TONES[state];
