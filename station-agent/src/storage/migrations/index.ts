import { initial } from './001-initial.js';
import { offlinePasses } from './002-offline-passes.js';

/** `breaking`: agents that do not know it cannot work on the file any more. Anything else only adds. */
export type Migration = { version: number; name: string; sql: string; breaking?: boolean };

/** Forward only, in order; a released migration is never edited. */
export const MIGRATIONS: readonly Migration[] = [initial, offlinePasses];
