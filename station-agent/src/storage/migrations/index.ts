import { initial } from './001-initial.js';
import { offlinePasses } from './002-offline-passes.js';

export type Migration = { version: number; name: string; sql: string };

/** Forward only, in order; a released migration is never edited. */
export const MIGRATIONS: readonly Migration[] = [initial, offlinePasses];
