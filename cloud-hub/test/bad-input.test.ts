import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuditLog } from '../src/audit/audit-log.js';
import type { Database } from '../src/db/index.js';
import type { HttpRoute } from '../src/http/route.js';
import { seedCity } from '../src/seed/seed-city.js';
import { createIdentity } from '../src/stargate/identity.js';
import { type Answer, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';
import { bodiesOf, type JsonSchema, jsonSchemaOf } from './support/sample-body.js';
import { openTestStore, silent } from './support/store.js';

const FOREIGN = 'foreign';
/** Written to by the hub itself, whatever is asked of it, or meant to note that something was asked. */
const RESTLESS = new Set([
  ...['audit', 'audit_heads', 'counters', 'sessions', 'tasks', 'task_schedules', 'settings', 'signing_keys'],
  ...['station_availability', 'rollups', 'rollup_cursors', 'battery_health', 'event_cursors', 'logs'],
  ...[
    'idempotency_keys',
    'payment_callbacks',
    'api_key_usage',
    'watermarks',
    'otp_codes',
    'log_lines',
    'ingest_runs',
    'notifications',
  ],
]);
const MAX_BODY = 64 * 1024;
const label = (route: HttpRoute) => `${route.method.toUpperCase()} ${route.path}`;

describe('bad input on every route', () => {
  let hub: HubFixture;
  let database: Database;
  let admin: string;
  /** Routes that take a JSON body from somebody who is signed in. */
  let writers: HttpRoute[];
  let before: Record<string, string>;

  /** Every collection as one hash: what a refused request must not change. */
  const fingerprint = async (): Promise<Record<string, string>> => {
    const prints: Record<string, string> = {};
    for (const { name } of await database.db.listCollections({}, { nameOnly: true }).toArray()) {
      if (RESTLESS.has(name)) continue;
      const hash = createHash('sha256');
      const all = database.db.collection(name).find({}, { sort: { _id: 1 } });
      for await (const document of all) hash.update(JSON.stringify(document));
      prints[name] = hash.digest('hex');
    }
    return prints;
  };
  beforeAll(async () => {
    database = await openTestStore();
    hub = await startHub({
      overrides: { database },
      // Without tasks: what the hub does of its own accord would look like a trace of a refused request.
      env: {
        VOLTBAY_RATE_PER_PRINCIPAL: '0',
        VOLTBAY_RATE_PER_ADDRESS: '0',
        VOLTBAY_ROLES: 'api,stargate,ingest',
      },
    });
    admin = await hub.operator();
    const clock = { now: () => Date.now() };
    const identity = createIdentity({
      database,
      clock,
      logger: silent,
      rootSecret: Buffer.alloc(32, 7),
      riderTenantId: 'demo',
      fixedCodes: new Map(),
    });
    await seedCity(
      {
        database,
        operators: identity.operators,
        credentials: identity.stations,
        audit: createAuditLog({ database, clock, logger: silent, vault: identity.vault }),
        homeTenantId: 'demo',
      },
      { seed: 'bad', tenantId: FOREIGN, scale: 0.1, orders: 60, days: 2, untilMs: Date.now() - 300_000 },
    );
    writers = hub.hub.routes.filter(
      (route) => route.body !== undefined && route.method !== 'get' && route.access.kind !== 'public',
    );
    before = await fingerprint();
  }, 120_000);
  afterAll(async () => {
    await hub?.stop();
    await database?.close();
  }, 60_000);

  const send = (route: HttpRoute, text: string, headers: Record<string, string> = {}): Promise<Answer> =>
    hub.call(route.method.toUpperCase(), route.path.replaceAll(/\{[^}]+\}/g, 'nowhere'), {
      token: admin,
      text,
      headers: {
        ...(route.idempotency ? { 'Idempotency-Key': crypto.randomUUID() } : {}),
        ...(route.ifMatch ? { 'If-Match': '"1"' } : {}),
        ...headers,
      },
    });
  const schemaOf = (route: Pick<HttpRoute, 'body'>): JsonSchema => jsonSchemaOf(route.body);
  /** A value of no field's type, and one that is just too much. */
  const wrongFor = (field: JsonSchema): unknown => {
    const types = [field.type].flat();
    if (field.anyOf || field.type === undefined) return field.enum || field.const ? { no: 1 } : undefined;
    return types.includes('object') ? 'text' : { no: 1 };
  };
  const tooMuchFor = (field: JsonSchema): unknown => {
    if (field.enum) return 'none of them';
    if (field.maxLength !== undefined && field.maxLength < 20_000) return 'x'.repeat(field.maxLength + 1);
    if (field.maximum !== undefined && field.maximum < Number.MAX_SAFE_INTEGER) return field.maximum + 1;
    return undefined;
  };
  const expectRefusal = (route: HttpRoute, answer: Answer, statuses: number[], about: string) => {
    expect(statuses, `${label(route)} ${about}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
    expect(answer.headers.get('content-type'), label(route)).toContain('application/problem+json');
    expect(problemOf(answer).code, label(route)).toMatch(/^[A-Z_]+$/);
    expect(problemOf(answer).requestId, label(route)).toBeTruthy();
  };

  it('walks over the families of the API', () => {
    expect(writers.length).toBeGreaterThan(50);
    const families = new Set(writers.map(({ path }) => path.split('/')[3]));
    expect([...families]).toEqual(
      expect.arrayContaining(['orders', 'users', 'vehicles', 'stations', 'plans', 'payments', 'batteries']),
    );
  });

  it('no JSON, another type and too large a body are refused before anything is looked at', async () => {
    for (const route of writers) {
      expectRefusal(route, await send(route, '{"a":'), [400], 'broken JSON');
      for (const text of ['[]', '42']) expectRefusal(route, await send(route, text), [400], `body ${text}`);
      // A path that is none is said first.
      const [type, size] = /\{(?!id\})/.test(route.path)
        ? [
            [400, 415],
            [400, 413],
          ]
        : [[415], [413]];
      expectRefusal(route, await send(route, 'a=1', { 'Content-Type': 'text/plain' }), type, 'plain text');
      const large = JSON.stringify({ a: 'x'.repeat(route.maxBodyBytes ?? MAX_BODY) });
      expectRefusal(route, await send(route, large), size, 'too large');
    }
  }, 240_000);

  it('unknown fields, wrong types and values out of range are refused by the name of the field', async () => {
    let [unknown, wrong, range] = [0, 0, 0];
    for (const route of writers) {
      // Path parameters that are not plain ids are refused first.
      const onlyIds = !/\{(?!id\})/.test(route.path);
      const named = (answer: Answer, field: string) => {
        if (!onlyIds) return;
        const paths = (problemOf(answer).errors ?? []).map(({ path }) => path);
        expect(
          paths.some((path) => path === `body.${field}` || path.startsWith(`body.${field}.`)),
          `${label(route)} ${field}: ${JSON.stringify(answer.body)}`,
        ).toBe(true);
      };
      const properties = Object.entries(schemaOf(route).properties ?? {}).slice(0, 12);
      const answer = await send(route, JSON.stringify({ noSuchField: 1 }));
      expectRefusal(route, answer, [400], 'unknown field');
      if (properties.length > 0) named(answer, 'noSuchField');
      unknown += 1;
      for (const [field, schema] of properties) {
        const bad = wrongFor(schema);
        if (bad !== undefined) {
          const refused = await send(route, JSON.stringify({ [field]: bad }));
          expectRefusal(route, refused, [400], `${field} of a wrong type`);
          named(refused, field);
          wrong += 1;
        }
        const much = tooMuchFor(schema);
        if (much === undefined) continue;
        const refused = await send(route, JSON.stringify({ [field]: much }));
        expectRefusal(route, refused, [400], `${field} out of range`);
        named(refused, field);
        range += 1;
      }
    }
    expect([unknown > 50, wrong > 80, range > 50]).toEqual([true, true, true]);
  }, 240_000);

  it('parameters of lists: unknown, of a wrong type, out of range', async () => {
    for (const route of hub.hub.routes.filter(
      ({ method, operationId, path }) =>
        method === 'get' && operationId.startsWith('list') && !path.includes('{'),
    )) {
      const ask = (query: string) => hub.call('GET', `${route.path}?${query}`, { token: admin });
      expectRefusal(route, await ask('noSuchParameter=1'), [400], 'unknown parameter');
      if (!route.query) continue;
      const shape = Object.keys(schemaOf({ body: route.query }).properties ?? {});
      if (!shape.includes('_limit')) continue;
      for (const query of [
        '_limit=0',
        '_limit=100000',
        '_limit=x',
        '_page=0',
        '_page=1.5',
        '_order=up',
        '_sort=none',
        '_cursor=AAAA',
      ])
        if (shape.includes(query.split('=')[0] ?? '')) expectRefusal(route, await ask(query), [400], query);
    }
  }, 120_000);

  it('a call that must name what it changes, or itself, is refused without', async () => {
    for (const route of writers) {
      const path = route.path.replaceAll(/\{[^}]+\}/g, 'nowhere');
      const bare = (headers: Record<string, string>) =>
        hub.call(route.method.toUpperCase(), path, { token: admin, text: '{}', headers });
      if (route.ifMatch === 'required' && route.idempotency === undefined)
        expectRefusal(route, await bare({}), [428, 400], 'without If-Match');
      if (route.idempotency === 'required' && route.ifMatch === undefined)
        expectRefusal(route, await bare({}), [400], 'without Idempotency-Key');
    }
  }, 120_000);

  it('what belongs to another tenant is not there: 404 to read, and no way to change it', async () => {
    const families = new Set([
      ...['users', 'vehicles', 'stations', 'batteries', 'orders', 'commands', 'payments', 'charges'],
      ...['subscriptions', 'regions', 'operators', 'alarms', 'work-orders', 'tariffs', 'coupons'],
      ...['invoices', 'deposits', 'reconciliations'],
    ]);
    let [read, written] = [0, 0];
    for (const route of hub.hub.routes) {
      const [, , , family = '', id] = route.path.split('/');
      if (id !== '{id}' || !families.has(family) || route.path.indexOf('{') !== route.path.lastIndexOf('{'))
        continue;
      const foreign = await database.db
        .collection<{ _id: string; tenantId: string }>(family.replace('-', '_'))
        .findOne({ tenantId: FOREIGN });
      if (!foreign) continue;
      const answer = await hub.call(
        route.method.toUpperCase(),
        route.path.replace('{id}', encodeURIComponent(foreign._id)),
        {
          token: admin,
          ...(route.method === 'get' ? {} : { text: '{}' }),
          headers: {
            ...(route.idempotency ? { 'Idempotency-Key': crypto.randomUUID() } : {}),
            ...(route.ifMatch ? { 'If-Match': '"1"' } : {}),
          },
        },
      );
      if (route.method === 'get') {
        // A route that must be asked for something says that first.
        const first = problemOf(answer).errors?.[0]?.path ?? '';
        const wanted = answer.status === 400 && first.startsWith('query.') ? 400 : 404;
        // A list of what came from it is as empty as for one that nobody has.
        if (answer.status === 200 && JSON.stringify(answer.body) === '[]') continue;
        expect([label(route), answer.status]).toEqual([label(route), wanted]);
        read += 1;
      } else {
        // What is missing in the body may be said first; that it exists never.
        expectRefusal(route, answer, [400, 404, 415], 'of another tenant');
        written += 1;
      }
    }
    expect(read).toBeGreaterThan(8);
    expect(written).toBeGreaterThan(10);
  }, 120_000);

  it('no answer of any route names anything of another tenant', async () => {
    const theirs = new Set<string>();
    for (const { name } of await database.db.listCollections({}, { nameOnly: true }).toArray())
      for await (const { _id } of database.db
        .collection<{ _id: unknown; tenantId: string }>(name)
        .find({ tenantId: FOREIGN }, { projection: { _id: 1 } }))
        theirs.add(String(_id));
    expect(theirs.size).toBeGreaterThan(500);
    const named = (value: unknown): string[] =>
      typeof value === 'string'
        ? theirs.has(value) || value === FOREIGN
          ? [value]
          : []
        : value !== null && typeof value === 'object'
          ? Object.entries(value).flatMap(([key, inner]) => [...named(key), ...named(inner)])
          : [];
    const span = `from=${new Date(Date.now() - 86_400_000).toISOString()}&to=${new Date().toISOString()}`;
    let asked = 0;
    for (const route of hub.hub.routes) {
      if (route.method !== 'get' || route.access.kind === 'public' || route.path.includes('{')) continue;
      // The stream never ends, what it tells whom is tested with the live routes; the home tenant looks after the others' names.
      if (route.operationId === 'streamEvents' || route.path === '/core/v0/tenants') continue;
      const query = route.query ? Object.keys(schemaOf({ body: route.query }).properties ?? {}) : [];
      const answers = [await hub.call('GET', route.path, { token: admin })];
      if (query.includes('_limit'))
        answers.push(await hub.call('GET', `${route.path}?_limit=100`, { token: admin }));
      if (query.includes('from') && query.includes('to'))
        answers.push(await hub.call('GET', `${route.path}?${span}`, { token: admin }));
      for (const answer of answers) expect([label(route), named(answer.body)]).toEqual([label(route), []]);
      if (answers.some(({ status }) => status === 200)) asked += 1;
    }
    expect(asked).toBeGreaterThan(50);
  }, 120_000);

  it('and nothing of all that left a trace in the store', async () => {
    const after = await fingerprint();
    const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
    const content = await Promise.all(
      changed.map((name) =>
        database.db
          .collection(name)
          .find({}, { sort: { _id: -1 }, limit: 2 })
          .toArray(),
      ),
    );
    expect(changed, JSON.stringify(content)).toEqual([]);
  }, 60_000);

  // From here on things are made.
  const made = new Map<string, string>();
  const noteMade = ({ path }: HttpRoute, answer: Answer) => {
    const { id } = (answer.body ?? {}) as { id?: unknown };
    if (answer.status === 201 && typeof id === 'string' && !path.includes('{')) made.set(path, id);
  };

  it('a key that comes again with another body is refused on every route that takes one, and the first answer stands', async () => {
    const rider = await hub.rider();
    const undecided: string[] = [];
    for (const route of hub.hub.routes.filter(({ idempotency }) => idempotency !== undefined)) {
      const ask = (token: string, key: string, body: unknown, id = 'nowhere') =>
        hub.call<{ code?: string }>(route.method.toUpperCase(), route.path.replaceAll(/\{[^}]+\}/g, id), {
          token,
          ...(route.body ? { body } : {}),
          headers: { 'Idempotency-Key': key },
        });
      const bodies = route.body ? bodiesOf(route) : [{}];
      let first: { answer: Answer; token: string; key: string; body: unknown } | undefined;
      for (const body of bodies)
        for (const token of [admin, rider]) {
          if (first) continue;
          const key = crypto.randomUUID();
          const answer = await ask(token, key, body);
          if (answer.status !== 400 && answer.status !== 403) first = { answer, token, key, body };
        }
      if (!first) throw new Error(`${label(route)}: no body that it takes is known`);
      const { answer, token, key } = first;
      noteMade(route, answer);
      if (answer.status === 503) {
        undecided.push(route.path);
        continue;
      }
      const said = JSON.stringify(first.body);
      const others = route.body ? bodiesOf(route, 1).filter((body) => JSON.stringify(body) !== said) : [{}];
      let reused: Answer<{ code?: string }> | undefined;
      for (const body of others) {
        if (reused && reused.status !== 400) continue;
        // Without a body it is the path that says what is asked for.
        reused = await ask(token, key, body, route.body ? 'nowhere' : 'elsewhere');
      }
      expect([label(route), reused?.status, reused?.body.code]).toEqual([
        ...[label(route), 422],
        'IDEMPOTENCY_KEY_REUSED',
      ]);
      const again = await ask(token, key, first.body);
      expect([label(route), again.status, again.body]).toEqual([label(route), answer.status, answer.body]);
    }
    // Nobody pays in here: what was not decided may be asked for again.
    expect(undecided).toEqual(['/core/v0/payments', '/core/v0/reconciliations']);
  }, 120_000);

  it('a version that has passed is refused on every route that takes If-Match, and nothing changes', async () => {
    const dispute = { _id: 'd-stale', tenantId: 'demo', version: 1, openKey: 'stale', userId: 'u-demo' };
    await database.db.collection<typeof dispute>('disputes').insertOne(dispute);
    const known: Record<string, string> = { users: 'u-demo', vehicles: 'v-demo', stations: '1231' };
    const others = { batteries: 'VB-A-0900', disputes: 'd-stale', settings: 'orders.reservationTtlS' };
    for (const route of hub.hub.routes.filter(({ ifMatch }) => ifMatch !== undefined)) {
      const family = route.path.split('/')[3] ?? '';
      const list = `/core/v0/${family}`;
      const maker = hub.hub.routes.find(({ method, path }) => method === 'post' && path === list);
      let id: string | undefined = { ...known, ...others }[family] ?? made.get(list);
      for (const body of id === undefined && maker ? bodiesOf(maker) : [])
        if (!made.has(list))
          noteMade(
            maker as HttpRoute,
            await hub.call('POST', list, {
              ...{ token: admin, body, headers: { 'Idempotency-Key': crypto.randomUUID() } },
            }),
          );
      id ??= made.get(list) ?? (family === 'dictionaries' ? 'colours' : undefined);
      if (id === undefined) throw new Error(`${label(route)}: nothing to change is known`);
      const print = await fingerprint();
      const address = route.path.replace(/\{[^}]+\}/, encodeURIComponent(id));
      let answer: Answer | undefined;
      for (const body of bodiesOf(route))
        if (!answer || answer.status === 400)
          answer = await hub.call(route.method.toUpperCase(), address, {
            ...{ token: admin, body, headers: { 'If-Match': '"99999"' } },
          });
      expect([label(route), answer?.status, answer && problemOf(answer).code]).toEqual([
        ...[label(route), 412],
        'PRECONDITION_FAILED',
      ]);
      expect([label(route), await fingerprint()]).toEqual([label(route), print]);
    }
  }, 120_000);
});
