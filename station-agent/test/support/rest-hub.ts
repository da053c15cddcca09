import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';

export type RestCallSeen = {
  method: string;
  path: string;
  body: Record<string, unknown> | null;
  key: string | null;
  authorization: string | null;
  raw: Buffer;
  headers: IncomingHttpHeaders;
};
export type Reply = { status: number; body: unknown };

/** The hub's REST service as far as a station sees it, on a real socket. `answer` decides; unset routes behave as a small true hub. */
export async function createRestHub(options: { port?: number } = {}) {
  const calls: RestCallSeen[] = [];
  const orders = new Map<string, { id: string; state: string; key: string; updates: unknown[] }>();
  const behaviour = {
    user: { id: 'u-demo', name: '李雷', status: 'active' } as Record<string, unknown>,
    vehicle: { id: 'v-demo', packClass: 'A', ownerUserId: 'u-demo', packIds: ['VB-A-900'] } as Record<
      string,
      unknown
    >,
    /** Answers before anything else when it returns a reply. */
    intercept: null as ((call: RestCallSeen) => Reply | 'hang' | null) | null,
  };
  const problem = (status: number, code: string): Reply => ({
    status,
    body: { type: 'about:blank', title: code, status, code, requestId: 'r' },
  });

  function route(call: RestCallSeen): Reply {
    const { method, path, body } = call;
    if (path === '/auth/v1/token')
      return body?.secret === 'wrong'
        ? problem(401, 'BAD_CREDENTIALS')
        : {
            status: 200,
            body: { accessToken: `token-${calls.length}`, tokenType: 'Bearer', expiresInS: 600 },
          };
    if (path === '/auth/v1/stations/enroll')
      return body?.code === 'DEMO-1231'
        ? {
            status: 201,
            body: {
              device: '1231',
              secret: 'enrolled-secret',
              mqttUrl: 'mqtt://x',
              apiUrl: 'http://x',
              topics: 'own',
            },
          }
        : problem(401, 'BAD_CREDENTIALS');
    if (!call.authorization?.startsWith('Bearer ')) return problem(401, 'UNAUTHENTICATED');
    if (method === 'GET' && path === '/core/v0/users/u-demo') return { status: 200, body: behaviour.user };
    if (method === 'GET' && path === '/core/v0/vehicles/v-demo')
      return { status: 200, body: behaviour.vehicle };
    if (method === 'POST' && path === '/core/v0/order') {
      const key = call.key ?? '';
      const order = orders.get(key) ?? { id: `o-${orders.size + 1}`, state: 'authorized', key, updates: [] };
      orders.set(key, order);
      return { status: 201, body: { id: order.id, state: order.state } };
    }
    const put = /^\/core\/v0\/order\/(.+)$/.exec(path);
    if (method === 'PUT' && put) {
      const order = [...orders.values()].find(({ id }) => id === put[1]);
      if (!order) return problem(404, 'NOT_FOUND');
      order.updates.push(body);
      order.state = String(body?.state ?? 'completed');
      return { status: 200, body: { id: order.id, state: order.state } };
    }
    return problem(404, 'NOT_FOUND');
  }

  const server: Server = createServer((request, response) => {
    void read(request).then((raw) => {
      const isJson = !request.headers['content-type'] || request.headers['content-type'].includes('json');
      const text = isJson ? raw.toString('utf8') : '';
      const call: RestCallSeen = {
        raw,
        headers: request.headers,
        method: request.method ?? '',
        path: request.url ?? '',
        body: text ? (JSON.parse(text) as Record<string, unknown>) : null,
        key: request.headers['idempotency-key']?.toString() ?? null,
        authorization: request.headers.authorization ?? null,
      };
      calls.push(call);
      const reply = behaviour.intercept?.(call) ?? route(call);
      if (reply === 'hang') return;
      response.writeHead(reply.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    orders,
    behaviour,
    route,
    seen: (method: string, prefix: string): RestCallSeen[] =>
      calls.filter((call) => call.method === method && call.path.startsWith(prefix)),
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type RestHub = Awaited<ReturnType<typeof createRestHub>>;

async function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of request) parts.push(chunk as Buffer);
  return Buffer.concat(parts);
}
