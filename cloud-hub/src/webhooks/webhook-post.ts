import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { guardedLookup, isReservedAddress, urlFault } from './address-guard.js';

const TIMEOUT_MS = 10_000;

export type PostResult = { status: number; ms: number } | { status: null; ms: number; error: string };

/** Sends one POST. Follows no redirect, reads no body, ends after 10 s, and reaches public addresses only unless allowed. */
export function postWebhook(options: {
  url: string;
  headers: Record<string, string>;
  body: string;
  allowPrivate: boolean;
  signal: AbortSignal;
}): Promise<PostResult> {
  const startedAt = performance.now();
  const ms = () => Math.round(performance.now() - startedAt);
  const fault = urlFault(options.url, options);
  if (fault) return Promise.resolve({ status: null, ms: 0, error: `FORBIDDEN_ADDRESS: ${fault}` });
  const url = new URL(options.url);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const deadline = AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const failed = (error: Error & { code?: string }) =>
      resolve({
        status: null,
        ms: ms(),
        error: `${error.code ?? error.name}: ${error.message}`.slice(0, 300),
      });
    const request = send(
      url,
      {
        method: 'POST',
        headers: {
          ...options.headers,
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(options.body)),
          'user-agent': 'voltbay-hub-webhooks/1',
        },
        // A connection of its own: a pooled one was opened under an earlier check.
        agent: false,
        signal: deadline,
        ...(options.allowPrivate ? {} : { lookup: guardedLookup }),
      },
      (response) => {
        resolve({ status: response.statusCode ?? 0, ms: ms() });
        response.destroy();
      },
    );
    if (!options.allowPrivate)
      request.on('socket', (socket) =>
        socket.once('connect', () => {
          // Belt to the braces of `lookup`, which is not asked for address literals.
          if (isReservedAddress(socket.remoteAddress ?? ''))
            request.destroy(new Error('connected to a reserved address'));
        }),
      );
    request.on('error', failed);
    request.end(options.body);
  });
}
