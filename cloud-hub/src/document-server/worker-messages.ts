import type { Synchronous } from './storage/database.js';
import type { ListenAddress } from './wire/server.js';

/** What the worker thread is started with. */
export interface WorkerSettings {
  readonly file: string;
  readonly listen: ListenAddress;
  readonly synchronous: Synchronous;
}

export type ToWorker = { readonly type: 'close' };

/** Why the worker could not start: the file is held, the address cannot be listened on, or the storage is bad. */
export type StartFailure = 'locked' | 'listen' | 'storage';

export type FromWorker =
  | { readonly type: 'ready'; readonly uri: string }
  | {
      readonly type: 'failed';
      readonly why: StartFailure;
      readonly holderPid?: number;
      readonly message: string;
    }
  | { readonly type: 'fatal'; readonly message: string }
  | { readonly type: 'closed' };
