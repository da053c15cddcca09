import type { Row } from './row.js';
import { ingest } from './rows/ingest.js';

/** The rows of design section 9, in its order. */
export const rows: readonly Row[] = [ingest];
