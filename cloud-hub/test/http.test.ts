import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HubFixture, problemOf, startHub } from './support/hub-fixture.js';

/** SHA-256 of a signing certificate, as Android writes it. */
const CERTIFICATE = Array.from({ length: 32 }, () => 'AB').join(':');
type User = { id: string; name: string; version: number; createdAt: string; status: string };

describe('the HTTP kit', () => {
  let hub: HubFixture;
  let admin: string;
  const made: User[] = [];
  beforeAll(async () => {
    hub = await startHub({
      env: {
        VOLTBAY_IOS_APPS: 'ABCDE12345.org.voltbay.rider',
        VOLTBAY_ANDROID_APPS: `org.voltbay.rider=${CERTIFICATE}`,
      },
    });
    admin = await hub.operator();
    for (let index = 0; index < 7; index += 1) {
      const answer = await hub.call<User>('POST', '/core/v0/users', {
        token: admin,
        body: { name: `List ${index}`, phone: `1370000000${index}` },
        headers: { 'Idempotency-Key': `list-user-${index}` },
      });
      expect(answer.status).toBe(201);
      made.push(answer.body);
    }
  }, 60_000);
  afterAll(() => hub?.stop());

  const list = (query: string) => hub.call<User[]>('GET', `/core/v0/users?${query}`, { token: admin });
  const names = (users: User[]) => users.map((user) => user.name);
  const links = (answer: { headers: Headers }) =>
    Object.fromEntries(
      [...(answer.headers.get('link') ?? '').matchAll(/<([^>]*)>; rel="([^"]*)"/g)].map(([, url, rel]) => [
        rel,
        url ?? '',
      ]),
    );

  describe('lists', () => {
    it('pages with X-Total-Count and first, prev, next and last', async () => {
      const second = await list('name_like=List&_sort=name&_limit=3&_page=2');
      expect(names(second.body)).toEqual(['List 3', 'List 4', 'List 5']);
      expect(second.headers.get('x-total-count')).toBe('7');
      const { first, prev, next, last } = links(second);
      expect(first).toContain('_page=1');
      expect(prev).toContain('_page=1');
      expect(next).toContain('_page=3');
      expect(last).toContain('_page=3');
      const third = await hub.call<User[]>('GET', next ?? '', { token: admin });
      expect(names(third.body)).toEqual(['List 6']);
      expect(links(third).next).toBeUndefined();
    });

    it.each(['asc', 'desc'])('walks every item once by cursor, %s', async (order) => {
      const seen: string[] = [];
      let path: string | undefined = `/core/v0/users?name_like=List&_sort=createdAt&_order=${order}&_limit=2`;
      while (path) {
        const answer: { status: number; headers: Headers; body: User[] } = await hub.call<User[]>(
          'GET',
          path,
          { token: admin },
        );
        expect(answer.status).toBe(200);
        expect(answer.headers.get('x-total-count')).toBe('7');
        seen.push(...answer.body.map((user) => user.id));
        const found = links(answer);
        path = found['next-cursor'] ?? (path.includes('_cursor') ? found.next : undefined);
      }
      const expected = made.map((user) => user.id);
      expect(seen).toEqual(order === 'asc' ? expected : expected.reverse());
    });

    it('filters by equality, range, inequality, part of the text, and searches', async () => {
      expect(names((await list('name=List 2')).body)).toEqual(['List 2']);
      expect((await list('name_like=list&status_ne=active')).body).toEqual([]);
      const from = made[5]?.createdAt ?? '';
      expect(
        names((await list(`name_like=List&createdAt_gte=${from}&_sort=createdAt&_order=asc`)).body),
      ).toEqual(['List 5', 'List 6']);
      expect(
        names(
          (await list(`name_like=List&createdAt_lte=${made[1]?.createdAt}&_sort=createdAt&_order=asc`)).body,
        ),
      ).toEqual(['List 0', 'List 1']);
      expect(names((await list('q=13700000004')).body)).toEqual(['List 4']);
      expect((await list(`q=${encodeURIComponent('.*')}`)).body).toEqual([]);
    });

    it.each([
      ['_limit=0', 'query._limit'],
      ['_limit=101', 'query._limit'],
      ['_limit=ten', 'query._limit'],
      ['_page=0', 'query._page'],
      ['_sort=passwordHash', 'query._sort'],
      ['_order=up', 'query._order'],
      ['_cursor=zzz', 'query._cursor'],
      ['_cursor=WyJhIiwiYiJd&_page=2', 'query._cursor'],
      ['status=sleeping', 'query.status'],
      ['createdAt_gte=yesterday', 'query.createdAt_gte'],
      ['tenantId=other', 'query.tenantId'],
      ['name[$ne]=x', 'query.name[$ne]'],
      ['name=a&name=b', 'query.name'],
    ])('refuses %s and names it', async (query, path) => {
      const answer = await list(query);
      expect(answer.status).toBe(400);
      const problem = problemOf(answer);
      expect(['VALIDATION', 'UNKNOWN_FIELD']).toContain(problem.code);
      expect(problem.detail).toContain(path);
    });
  });

  describe('bodies', () => {
    const post = (options: { body?: unknown; text?: string; headers?: Record<string, string> }) =>
      hub.call('POST', '/core/v0/users', {
        token: admin,
        ...options,
        headers: { 'Idempotency-Key': crypto.randomUUID(), ...options.headers },
      });
    it.each([
      [{ name: 'A', phone: 'abc' }, 'VALIDATION', 'body.phone'],
      [{ phone: '13800009999' }, 'VALIDATION', 'body.name'],
      [{ name: '', phone: '13800009999' }, 'VALIDATION', 'body.name'],
      [{ name: 'A', phone: '13800009999', roles: ['admin'] }, 'UNKNOWN_FIELD', 'body.roles'],
      [{ name: { $gt: '' }, phone: '13800009999' }, 'VALIDATION', 'body.name'],
      [[], 'VALIDATION', 'body'],
    ])('refuses %j with %s at %s', async (body, code, path) => {
      const answer = await post({ body });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(problemOf(answer).code).toBe(code);
      expect(problemOf(answer).errors?.map((error) => error.path)).toContain(path);
      expect(problemOf(answer).requestId).toBe(answer.headers.get('x-request-id'));
    });
    it('refuses what is not JSON, too deep, too large, of another type, or poisoned', async () => {
      const codes = [
        await post({ text: '{"name":' }),
        await post({ text: `${'['.repeat(40)}${']'.repeat(40)}` }),
        await post({ text: JSON.stringify({ name: 'x'.repeat(70_000), phone: '1' }) }),
        await post({ text: 'name=A', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }),
        await post({ text: '{"__proto__":{"admin":true},"name":"A","phone":"13800009999"}' }),
        await post({}),
      ].map((answer) => [answer.status, problemOf(answer).code]);
      expect(codes).toEqual([
        [400, 'BAD_JSON'],
        [400, 'BAD_JSON'],
        [413, 'BODY_TOO_LARGE'],
        [415, 'UNSUPPORTED_MEDIA_TYPE'],
        [400, 'UNKNOWN_FIELD'],
        [400, 'VALIDATION'],
      ]);
    });
    it('stops reading a body without a length at the limit', async () => {
      const chunk = new TextEncoder().encode(' '.repeat(16_384));
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += chunk.byteLength;
          if (sent > 8_000_000) controller.close();
          else controller.enqueue(chunk);
        },
      });
      const status = await fetch(`${hub.apiUrl}/core/v0/users`, {
        method: 'POST',
        body,
        duplex: 'half',
        headers: {
          Authorization: `Bearer ${admin}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': 'chunked',
        },
      } as RequestInit).then(
        (answer) => answer.status,
        () => 413,
      );
      expect(status).toBe(413);
      expect((await list('_limit=1')).status).toBe(200);
    });
    it('answers 404 and 405 as problems', async () => {
      const missing = await hub.call('GET', '/core/v0/nothing', { token: admin });
      expect([missing.status, problemOf(missing).code]).toEqual([404, 'NOT_FOUND']);
      const method = await hub.call('DELETE', '/core/v0/users', { token: admin });
      expect([method.status, problemOf(method).code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
      expect(method.headers.get('allow')).toBe('GET, POST');
    });
  });

  describe('versions', () => {
    it('updates with the right ETag, answers 412 to a stale one and 428 to none', async () => {
      const id = made[0]?.id ?? '';
      const get = await hub.call<User>('GET', `/core/v0/users/${id}`, { token: admin });
      const etag = get.headers.get('etag') ?? '';
      const patch = (headers: Record<string, string>, name: string) =>
        hub.call<User>('PATCH', `/core/v0/users/${id}`, { token: admin, body: { name }, headers });
      const done = await patch({ 'If-Match': etag }, 'List 0');
      expect(done.status).toBe(200);
      expect(done.body.version).toBe(get.body.version + 1);
      const stale = await patch({ 'If-Match': etag }, 'Lost');
      expect([stale.status, problemOf(stale).code]).toEqual([412, 'PRECONDITION_FAILED']);
      expect(stale.headers.get('etag')).toBe(done.headers.get('etag'));
      const none = await patch({}, 'Lost');
      expect([none.status, problemOf(none).code]).toEqual([428, 'PRECONDITION_REQUIRED']);
      expect((await patch({ 'If-Match': 'whatever' }, 'Lost')).status).toBe(412);
      const after = await hub.call<User>('GET', `/core/v0/users/${id}`, { token: admin });
      expect(after.body.name).toBe('List 0');
    });
    it('of many updates with one ETag exactly one wins', async () => {
      const id = made[1]?.id ?? '';
      const etag =
        (await hub.call('GET', `/core/v0/users/${id}`, { token: admin })).headers.get('etag') ?? '';
      const answers = await Promise.all(
        Array.from({ length: 6 }, () =>
          hub.call('PATCH', `/core/v0/users/${id}`, {
            token: admin,
            body: { name: 'List 1' },
            headers: { 'If-Match': etag },
          }),
        ),
      );
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
    });
  });

  describe('Idempotency-Key', () => {
    const create = (key: string | null, body: unknown) =>
      hub.call<User>('POST', '/core/v0/users', {
        token: admin,
        body,
        headers: key === null ? {} : { 'Idempotency-Key': key },
      });
    it('is required where something is created', async () => {
      const answer = await create(null, { name: 'No key', phone: '13600000000' });
      expect([answer.status, problemOf(answer).code]).toEqual([400, 'IDEMPOTENCY_KEY_REQUIRED']);
    });
    it('replays the recorded answer and refuses another body', async () => {
      const body = { name: 'Once', phone: '13600000001' };
      const [first, second] = [await create('once', body), await create('once', body)];
      expect([first.status, second.status]).toEqual([201, 201]);
      expect(second.body).toEqual(first.body);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
      const other = await create('once', { ...body, name: 'Twice' });
      expect([other.status, problemOf(other).code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
      expect((await list('name=Once')).headers.get('x-total-count')).toBe('1');
    });
    it('replays refusals too', async () => {
      const body = { name: 'Taken', phone: '13600000001' };
      const [first, second] = [await create('taken', body), await create('taken', body)];
      expect([first.status, second.status]).toEqual([409, 409]);
      expect(problemOf(second)).toEqual(problemOf(first));
    });
    it('of many requests at once under one key one acts', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => create('race', { name: 'Race', phone: '13600000002' })),
      );
      const statuses = new Set(answers.map((answer) => answer.status));
      expect([...statuses].every((status) => status === 201 || status === 409)).toBe(true);
      expect(
        new Set(answers.filter((answer) => answer.status === 201).map((answer) => answer.body.id)).size,
      ).toBe(1);
      expect((await list('name=Race')).headers.get('x-total-count')).toBe('1');
    });
    it('belongs to its caller', async () => {
      const answer = await hub.call('POST', '/core/v0/orders/none/cancel', {
        token: await hub.rider(),
        body: {},
        headers: { 'Idempotency-Key': 'once' },
      });
      expect(answer.status).toBe(404);
    });
    it.each(['', 'x'.repeat(129), 'with space'])('refuses the key %j', async (key) => {
      expect((await create(key, { name: 'Bad key', phone: '13600000003' })).status).toBe(400);
    });
  });

  it('limits requests per caller with standard headers', async () => {
    const small = await startHub({ env: { VOLTBAY_RATE_PER_PRINCIPAL: '5' } });
    try {
      const token = await small.rider();
      const answers = [];
      for (let index = 0; index < 6; index += 1)
        answers.push(await small.call('GET', '/auth/v1/me', { token }));
      expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200, 429]);
      expect(answers[0]?.headers.get('ratelimit-remaining')).toBe('4');
      expect(Number(answers[5]?.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(problemOf(answers[5] as never).code).toBe('RATE_LIMITED');
    } finally {
      await small.stop();
    }
  }, 60_000);

  it('allows only configured origins', async () => {
    const preflight = (url: string, origin: string) =>
      fetch(`${url}/core/v0/users`, {
        method: 'OPTIONS',
        headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' },
      });
    expect(
      (await preflight(hub.apiUrl, 'https://evil.example')).headers.get('access-control-allow-origin'),
    ).toBeNull();
    const open = await startHub({ env: { VOLTBAY_CORS_ORIGINS: 'https://admin.example' } });
    try {
      expect(
        (await preflight(open.apiUrl, 'https://admin.example')).headers.get('access-control-allow-origin'),
      ).toBe('https://admin.example');
      expect(
        (await preflight(open.apiUrl, 'https://evil.example')).headers.get('access-control-allow-origin'),
      ).toBeNull();
      // Without apps of its own a hub claims no links.
      for (const name of ['assetlinks.json', 'apple-app-site-association'])
        expect((await fetch(`${open.apiUrl}/.well-known/${name}`)).status).toBe(404);
    } finally {
      await open.stop();
    }
  }, 60_000);

  it('tells phones which app opens the links of its cabinets, and leads the others to the page', async () => {
    const read = async (name: string) => {
      const answer = await fetch(`${hub.apiUrl}/.well-known/${name}`);
      expect(answer.headers.get('content-type')).toContain('application/json');
      return answer.json();
    };
    expect(await read('apple-app-site-association')).toMatchObject({
      applinks: { details: [{ appIDs: ['ABCDE12345.org.voltbay.rider'] }] },
    });
    expect(await read('assetlinks.json')).toMatchObject([
      { target: { package_name: 'org.voltbay.rider', sha256_cert_fingerprints: [CERTIFICATE] } },
    ]);
    const link = await fetch(`${hub.apiUrl}/s/1231`, { redirect: 'manual' });
    expect([link.status, link.headers.get('location')]).toEqual([302, '/app/s/1231']);
    expect((await fetch(`${hub.apiUrl}/s/%2e%2e%2f`, { redirect: 'manual' })).status).toBe(404);
  });

  it('sends security headers and correlates by request id', async () => {
    const answer = await hub.call('GET', '/auth/v1/me', {
      token: admin,
      headers: { 'X-Request-Id': 'trace-42' },
    });
    expect(answer.headers.get('x-request-id')).toBe('trace-42');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(
      hub.log.some((line) => line.includes('"requestId":"trace-42"') && line.includes('"route":"getMe"')),
    ).toBe(true);
  });
});
