import type { Synchronous } from './storage/database.js';
import type { ListenAddress } from './wire/server.js';

/** What the worker thread is started with. */
export interface WorkerSettings {
  readonly file: string;
  readonly listen: ListenAddress;
  readonly synchronous: Synchronous;
}

export type ToWorker = { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'ready'; readonly uri: string }
  | {
      readonly type: 'failed';
      readonly locked: boolean;
      readonly holderPid?: number;
      readonly message: string;
    }
  | { readonly type: 'fatal'; readonly message: string }
  | { readonly type: 'closed' };
