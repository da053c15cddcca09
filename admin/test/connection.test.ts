// @vitest-environment node
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ApiError,
  createLiveStream,
  createSession,
  OfflineError,
  SignedOutError,
} from '@voltbay/protocol/client';
import { afterEach, expect, test } from 'vitest';
import { createSignedFetch } from '../src/lib/api/http.js';
import { createEventConnect } from '../src/lib/live/connect-events.js';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function aSession(outcome: 'renewed' | 'refused') {
  let kept: string | null = null;
  const session = createSession({
    now: () => Date.now(),
    storage: {
      read: async () => kept,
      write: async (value) => {
        kept = value;
      },
    },
    refresh: async () =>
      outcome === 'refused'
        ? { ok: false, why: 'refused' }
        : {
            ok: true,
            tokens: { accessToken: 'second', tokenType: 'Bearer', expiresInS: 600, refreshToken: 'r2' },
          },
  });
  await session.accept({ accessToken: 'first', tokenType: 'Bearer', expiresInS: 600, refreshToken: 'r1' });
  return session;
}

test('a refused token is renewed once and the request sent again with its body', async () => {
  const seen: string[] = [];
  const url = await listen((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      seen.push(`${request.headers.authorization} ${body}`);
      response.writeHead(request.headers.authorization === 'Bearer second' ? 200 : 401);
      response.end('{}');
    });
  });
  const send = createSignedFetch(await aSession('renewed'), fetch);
  const response = await send(new Request(`${url}/x`, { method: 'POST', body: '{"slot":3}' }));
  expect(response.status).toBe(200);
  expect(seen).toEqual(['Bearer first {"slot":3}', 'Bearer second {"slot":3}']);
});

test('refusals, silence and an ended session are three different errors', async () => {
  const url = await listen((request, response) => {
    if (request.url === '/refused') {
      response.writeHead(409, { 'content-type': 'application/problem+json' });
      response.end('{"code":"STATION_REFUSED","reason":"DOOR_JAM"}');
    } else {
      response.writeHead(401);
      response.end();
    }
  });
  const good = createSignedFetch(await aSession('renewed'), fetch);
  const refusal = await good(new Request(`${url}/refused`)).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ApiError);
  expect((refusal as ApiError).problem.reason).toBe('DOOR_JAM');
  const silent = createSignedFetch(await aSession('renewed'), () => Promise.reject(new TypeError('network')));
  expect(await silent(new Request(`${url}/x`)).catch((error: unknown) => error)).toBeInstanceOf(OfflineError);
  const ended = createSignedFetch(await aSession('refused'), fetch);
  expect(await ended(new Request(`${url}/x`)).catch((error: unknown) => error)).toBeInstanceOf(
    SignedOutError,
  );
});

test('events split over chunks arrive whole, and a cut line goes on after the last one', async () => {
  const asked: (string | undefined)[] = [];
  const url = await listen((request, response) => {
    asked.push(request.headers['last-event-id'] as string | undefined);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (asked.length === 1) {
      response.write(': hello\n\nid: 41\nevent: station\nda');
      setTimeout(() => response.end('ta: {"n":1}\n\n'), 20);
    } else {
      response.write('id: 42\nevent: station\ndata: {"n":2}\n\n');
    }
  });
  const received: string[] = [];
  let whole = (): void => {};
  const resumed = new Promise<void>((resolve) => {
    whole = resolve;
  });
  const stream = createLiveStream({
    connect: createEventConnect(
      { session: await aSession('renewed'), fetch, origin: url },
      { stationId: '1231' },
    ),
    timers: {
      now: () => Date.now(),
      setTimeout: (work, ms) => setTimeout(work, ms),
      clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
      random: () => 0,
    },
    backoffMinMs: 10,
    onMessage: (message) => {
      received.push(message.data);
      if (received.length === 2) whole();
    },
  });
  stream.start();
  await resumed;
  stream.stop();
  expect(received).toEqual(['{"n":1}', '{"n":2}']);
  expect(asked).toEqual([undefined, '41']);
});
