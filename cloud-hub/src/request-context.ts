import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The request that an asynchronous call belongs to: log lines and commands to stations name it without every function handing it on.
 * It holds nothing itself; what is in force travels with the call.
 */
export const requestContext = new AsyncLocalStorage<{ readonly requestId: string }>();

/** Null for what the hub does by itself. */
export const currentRequestId = (): string | null => requestContext.getStore()?.requestId ?? null;
