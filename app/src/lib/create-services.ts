import { QueryClient } from '@tanstack/react-query';
import { ApiError, createSession } from '@voltbay/protocol/client';
import Constants from 'expo-constants';
import { createPlainFetch, createSignedFetch } from './api/http.js';
import { createRiderApi } from './api/rider-api.js';
import { createOrderConnect, type StreamingFetch } from './live/connect-events.js';
import { streamingFetch } from './live/streaming-fetch.js';
import { locate } from './location/locate.js';
import { createPassStore } from './passes/pass-store.js';
import { openPayment } from './payments/open-payment.js';
import { createPushPort } from './push/push-port.js';
import type { Services } from './services.js';
import { keptFiles } from './storage/kept-files.js';
import { keptText } from './storage/kept-text.js';
import { oneAtATime } from './storage/one-at-a-time.js';
import { createQueryKeeper } from './storage/query-keeper.js';
import { saveText } from './storage/save-text.js';

/** Answers stay at hand this long, and in the kept cache. */
const CACHE_MS = 24 * 3_600_000;
const TOKENS_KEY = 'voltbay.rider-session';

/** On the web the hub serves the page; a phone is told where the hub is by `extra.hubUrl`. */
function hubUrl(): string {
  const configured: unknown = Constants.expoConfig?.extra?.hubUrl;
  return process.env.EXPO_OS === 'web'
    ? ''
    : typeof configured === 'string'
      ? configured
      : 'http://127.0.0.1:8080';
}

/** 128 random bits; enough that two swaps never share a key. */
function newKey(): string {
  const bytes = globalThis.crypto?.getRandomValues
    ? globalThis.crypto.getRandomValues(new Uint8Array(16))
    : Uint8Array.from({ length: 16 }, () => Math.floor(Math.random() * 256));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function createServices(): Services {
  const baseUrl = hubUrl();
  const plainFetch: typeof fetch = (input, init) => fetch(input, init);
  const session = createSession({
    now: () => Date.now(),
    storage: { read: () => keptText.read(TOKENS_KEY), write: (value) => keptText.write(TOKENS_KEY, value) },
    refresh: (token) => api.refresh(token),
    exclusive: oneAtATime,
  });
  const api = createRiderApi({
    plain: createPlainFetch(plainFetch),
    signed: createSignedFetch(session, plainFetch),
    baseUrl,
  });
  const queryClient = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // The app tells by itself that there is no network; it does not wait in silence for one.
        networkMode: 'always',
        gcTime: CACHE_MS,
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
      },
    },
  });
  return {
    session,
    api,
    connectOrder: (orderId) =>
      createOrderConnect({ session, fetch: streamingFetch as unknown as StreamingFetch, baseUrl }, orderId),
    locate,
    keptText,
    keptFiles,
    queryKeeper: createQueryKeeper({ client: queryClient, kept: keptFiles, now: () => Date.now() }),
    push: createPushPort(),
    openPayment,
    saveText,
    passes: createPassStore(keptText),
    newKey,
    queryClient,
  };
}
