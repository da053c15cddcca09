// The seed's choice for the same two routes: Koa 2, its router, jose for every request, zod for the query, the same document server.
import Router from '@koa/router';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import Koa from 'koa';
import { MongoClient } from 'mongodb';
import { z } from 'zod';

const { storeUri, dbName, jwksUrl } = JSON.parse(process.argv[2]);
const store = await new MongoClient(storeUri).connect();
const stations = store.db(dbName).collection('stations');
const lives = store.db(dbName).collection('station_live');
const keys = createRemoteJWKSet(new URL(jwksUrl), { cacheMaxAge: 600_000 });
const query = z.strictObject({
  _limit: z.coerce.number().int().min(1).max(100).default(20),
  _page: z.coerce.number().int().min(1).default(1),
});

const app = new Koa();
app.use(async (context, next) => {
  const token = (context.get('authorization') ?? '').replace(/^Bearer /, '');
  try {
    context.state.claims = (await jwtVerify(token, keys, { algorithms: ['EdDSA'] })).payload;
  } catch {
    context.status = 401;
    context.body = { code: 'UNAUTHENTICATED' };
    return;
  }
  await next();
});
// What was registered and what it last reported, as the hub shows it.
const withLive = async (documents) => {
  const found = await lives.find({ _id: { $in: documents.map(({ _id }) => _id) } }).toArray();
  const byId = new Map(found.map((live) => [live._id, live]));
  return documents.map(({ _id, ...station }) => {
    const { _id: _same, ...live } = byId.get(_id) ?? {};
    return { id: _id, device: _id, online: false, ...station, ...live };
  });
};
const router = new Router();
router.get('/core/v0/stations', async (context) => {
  const parsed = query.safeParse(context.query);
  if (!parsed.success) {
    context.status = 400;
    context.body = { code: 'BAD_REQUEST', errors: parsed.error.issues };
    return;
  }
  const { _limit, _page } = parsed.data;
  const filter = { tenantId: context.state.claims.tid };
  const [rows, total] = await Promise.all([
    stations
      .find(filter)
      .sort({ _id: 1 })
      .skip((_page - 1) * _limit)
      .limit(_limit)
      .toArray(),
    stations.countDocuments(filter),
  ]);
  context.set('X-Total-Count', String(total));
  context.body = await withLive(rows);
});
router.get('/core/v0/stations/:id', async (context) => {
  const found = await stations.findOne({ _id: context.params.id, tenantId: context.state.claims.tid });
  if (!found) {
    context.status = 404;
    context.body = { code: 'NOT_FOUND' };
    return;
  }
  [context.body] = await withLive([found]);
});
app.use(router.routes());
const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(
    `${JSON.stringify({ ready: true, url: `http://127.0.0.1:${server.address().port}` })}\n`,
  );
});
process.on('SIGTERM', () => server.close(() => process.exit(0)));
