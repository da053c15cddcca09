import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { SimulatorError } from '../errors.js';

/** A push message that was taken, as it stands in the outbox of the simulated service. */
export interface PushedMessage {
  readonly ticketId: string;
  readonly to: string;
  readonly title?: string;
  readonly body?: string;
  readonly data?: unknown;
  readonly at: string;
}

/**
 * A push service that speaks as Expo's does: tickets for messages, receipts for tickets, `DeviceNotRegistered` for devices that are
 * gone (https://docs.expo.dev/push-notifications/sending-notifications/).
 */
export interface PushService {
  readonly url: string;
  /** What devices have been sent, oldest first. */
  messages(): readonly PushedMessage[];
  control(change: PushControl): void;
  close(): Promise<void>;
}

const MAX_BODY = 2 * 1024 * 1024;
const MAX_KEPT = 10_000;
const MAX_PER_REQUEST = 100;
const MAX_RECEIPTS = 1_000;
const MAX_PAYLOAD = 4_096;
const TOKEN = /^Expo(nent)?PushToken\[[^\]]{1,200}\]$/;

const messageSchema = z.looseObject({
  to: z.union([z.string(), z.array(z.string()).max(MAX_PER_REQUEST)]),
  title: z.string().optional(),
  body: z.string().optional(),
  data: z.unknown().optional(),
});
const sendSchema = z.union([messageSchema, z.array(messageSchema)]);
const receiptsSchema = z.object({ ids: z.array(z.string()).max(MAX_RECEIPTS) });
const controlSchema = z.strictObject({
  /** Devices that have lost the app: told in the ticket, or only in the receipt when `late`. */
  gone: z.array(z.string()).max(1_000).optional(),
  late: z.boolean().optional(),
  /** Requests fail with this status; 0 = the service works. */
  outage: z.union([z.literal(0), z.number().int().min(400).max(599)]).optional(),
  /** Messages are taken and their receipts are held back. */
  holdReceipts: z.boolean().optional(),
  /** Only requests with this bearer token are served; empty = all. */
  accessToken: z.string().max(400).optional(),
});
export type PushControl = z.infer<typeof controlSchema>;

type Ticket = { id: string; to: string };
type Failure = { status: 'error'; message: string; details: { error: string; expoPushToken?: string } };

export async function startPushService(options: { port?: number } = {}): Promise<PushService> {
  const sent: PushedMessage[] = [];
  const tickets = new Map<string, Ticket>();
  const gone = new Set<string>();
  const state = { late: false, outage: 0, holdReceipts: false, accessToken: '' };

  function control(change: PushControl): void {
    const { gone: tokens, ...flags } = controlSchema.parse(change);
    if (tokens) {
      gone.clear();
      for (const token of tokens) gone.add(token);
    }
    for (const [name, value] of Object.entries(flags))
      if (value !== undefined) Object.assign(state, { [name]: value });
  }

  const notRegistered = (to: string): Failure => ({
    status: 'error',
    message: `"${to}" is not a registered push notification recipient`,
    details: { error: 'DeviceNotRegistered', expoPushToken: to },
  });

  function take(message: z.infer<typeof messageSchema>, to: string): { status: 'ok'; id: string } | Failure {
    if (!TOKEN.test(to))
      return {
        status: 'error',
        message: `"${to}" is not a valid Expo push token`,
        details: { error: 'DeviceNotRegistered', expoPushToken: to },
      };
    if (gone.has(to) && !state.late) return notRegistered(to);
    if (JSON.stringify(message).length > MAX_PAYLOAD)
      return {
        status: 'error',
        message: `the payload is larger than ${MAX_PAYLOAD} bytes`,
        details: { error: 'MessageTooBig' },
      };
    const id = uuidv7();
    tickets.set(id, { id, to });
    const { title, body, data } = message;
    sent.push({ ticketId: id, to, title, body, data, at: new Date().toISOString() } as PushedMessage);
    if (sent.length > MAX_KEPT) sent.shift();
    const [oldest] = tickets.keys();
    if (tickets.size > MAX_KEPT && oldest !== undefined) tickets.delete(oldest);
    return { status: 'ok', id };
  }

  const refusal = (code: string, message: string) => ({ errors: [{ code, message }] });

  async function serve(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const { pathname } = new URL(request.url ?? '/', 'http://push');
    const text = await readBody(request);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    if (pathname === '/control/messages' && request.method === 'GET') return { status: 200, body: sent };
    if (pathname === '/control' && request.method === 'POST') {
      control(controlSchema.parse(body));
      return { status: 200, body: { ...state, gone: [...gone] } };
    }
    if (state.outage !== 0)
      return { status: state.outage, body: refusal('SERVICE_UNAVAILABLE', 'the push service is down') };
    if (state.accessToken !== '' && request.headers.authorization !== `Bearer ${state.accessToken}`)
      return { status: 401, body: refusal('UNAUTHORIZED', 'the access token is wrong') };
    if (pathname.endsWith('/push/send') && request.method === 'POST') {
      const parsed = sendSchema.parse(body);
      const wanted = (Array.isArray(parsed) ? parsed : [parsed]).flatMap((message) =>
        (Array.isArray(message.to) ? message.to : [message.to]).map((to) => ({ message, to })),
      );
      if (wanted.length > MAX_PER_REQUEST)
        return {
          status: 400,
          body: refusal('PUSH_TOO_MANY_NOTIFICATIONS', `at most ${MAX_PER_REQUEST} messages a request`),
        };
      const data = wanted.map(({ message, to }) => take(message, to));
      return { status: 200, body: { data: Array.isArray(parsed) || data.length > 1 ? data : data[0] } };
    }
    if (pathname.endsWith('/push/getReceipts') && request.method === 'POST') {
      const { ids } = receiptsSchema.parse(body);
      const known = state.holdReceipts ? [] : ids.flatMap((id) => tickets.get(id) ?? []);
      const receipt = ({ to }: Ticket) => (gone.has(to) ? notRegistered(to) : { status: 'ok' });
      return {
        status: 200,
        body: { data: Object.fromEntries(known.map((ticket) => [ticket.id, receipt(ticket)])) },
      };
    }
    return {
      status: 404,
      body: refusal(
        'NOT_FOUND',
        'POST /--/api/v2/push/send, /--/api/v2/push/getReceipts, /control; GET /control/messages',
      ),
    };
  }

  const server = createServer((request, response: ServerResponse) => {
    serve(request)
      .catch((error: unknown) => {
        const bad = error instanceof z.ZodError || error instanceof SyntaxError;
        const message = error instanceof Error ? error.message : String(error);
        return { status: bad ? 400 : 500, body: refusal('VALIDATION_ERROR', message) };
      })
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
        response.end(JSON.stringify(body));
      });
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    messages: () => sent,
    control,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new SimulatorError('SIM_BAD_REQUEST', `body is larger than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  // Expo's SDK compresses what is larger than a kilobyte.
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
}
