import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { SimulatorError } from '../errors.js';
import { hardwareFaults } from './faults.js';
import { panelPage } from './panel.js';
import { personActions } from './person-actions.js';
import type { VirtualStation } from './station.js';

const MAX_BODY = 64 * 1024;

/** The HTTP control API of one running station, on loopback only. */
export interface ControlApi {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves `GET /` (a page), `GET /state`, `GET /help`, `POST /actions/NAME` and `POST /faults/NAME`. An action that the mechanics refuse
 * is 409 with a reason; a wrong body or an unknown name is 400 or 404 with a text.
 */
export async function startControlApi(station: VirtualStation, port = 0): Promise<ControlApi> {
  const server = createServer((request, response) => {
    handle(station, request, response).catch((error: unknown) => fail(response, error));
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  station: VirtualStation,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A web page elsewhere must not reach this port through a name that it makes point here.
  const host = request.headers.host?.replace(/:\d+$/, '');
  if (host !== '127.0.0.1' && host !== 'localhost') return send(response, 403, { error: 'loopback only' });
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method === 'GET' && pathname === '/state') return send(response, 200, station.state());
  if (request.method === 'GET' && pathname === '/') return sendPage(response);
  if (request.method === 'GET' && pathname === '/help') return send(response, 200, help());
  const [, group, name] = pathname.split('/');
  if (request.method !== 'POST' || !name) return send(response, 404, { error: 'see GET /help' });
  const body = await readJson(request);
  if (group === 'actions') {
    const found = personActions().find((candidate) => candidate.name === name);
    if (!found) return send(response, 404, { error: `no action ${name}, see GET /help` });
    const outcome = found.run(station, body);
    return send(response, 'ok' in outcome && outcome.ok === true ? 200 : 409, outcome);
  }
  if (group === 'faults') {
    await station.inject(name, body);
    return send(response, 200, { ok: true });
  }
  return send(response, 404, { error: 'see GET /help' });
}

function help() {
  const fields = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return {
    actions: personActions().map(({ name, summary, schema }) => ({
      path: `/actions/${name}`,
      summary,
      body: fields(schema),
    })),
    faults: hardwareFaults().map(({ name, summary, schema }) => ({
      path: `/faults/${name}`,
      summary,
      body: fields(schema),
    })),
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new SimulatorError('SIM_BAD_REQUEST', `body is larger than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new SimulatorError('SIM_BAD_REQUEST', 'body is not JSON', { cause });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

function sendPage(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:",
  });
  response.end(panelPage());
}

function fail(response: ServerResponse, error: unknown) {
  if (error instanceof SimulatorError) {
    const status = error.code === 'SIM_IMPOSSIBLE' ? 409 : error.code.startsWith('SIM_NO_') ? 404 : 400;
    return send(response, status, { error: error.message, code: error.code });
  }
  send(response, 500, { error: error instanceof Error ? error.message : String(error) });
}
