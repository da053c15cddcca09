import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPEN_PATHS } from '../src/app.js';
import { honoPath } from '../src/http/pipeline.js';
import type { HttpRoute } from '../src/http/route.js';
import { PERMISSIONS, ROLES, type RoleName } from '../src/stargate/permissions.js';
import { DEMO_SECRET, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';

/** A path that leads nowhere: what is asked is only whether the caller gets past the gate. */
const probePath = (route: HttpRoute) => route.path.replaceAll(/\{[^}]+\}/g, 'nowhere');
const label = (route: HttpRoute) => `${route.method.toUpperCase()} ${route.path}`;

describe('permissions', () => {
  let hub: HubFixture;
  const tokens: Partial<Record<RoleName, string>> = {};
  beforeAll(async () => {
    hub = await startHub();
    tokens.rider = await hub.rider();
    tokens.admin = await hub.operator('admin');
    tokens.viewer = await hub.operator('viewer');
    tokens.station = await hub.station();
  }, 60_000);
  afterAll(() => hub?.stop());

  it('every registered path is a declared API route or an open page', () => {
    const declared = new Set(hub.hub.routes.map((route) => honoPath(route.path)));
    const strangers = hub.hub.app.routes
      .map((route) => route.path)
      .filter(
        (path) =>
          path !== '/*' &&
          path !== '*' &&
          !declared.has(path) &&
          !(OPEN_PATHS as readonly string[]).includes(path),
      );
    expect(strangers).toEqual([]);
    expect(declared.size).toBeGreaterThan(25);
  });

  it('every route declares its access with a known permission, a unique operation id and a documented success', () => {
    const ids = new Set<string>();
    for (const route of hub.hub.routes) {
      expect(['public', 'signed-in', 'permission'], label(route)).toContain(route.access?.kind);
      if (route.access.kind === 'permission')
        expect(PERMISSIONS, label(route)).toContain(route.access.permission);
      expect(ids.has(route.operationId), `${route.operationId} twice`).toBe(false);
      ids.add(route.operationId);
      expect(
        Object.keys(route.responses).some((status) => /^2/.test(status)),
        label(route),
      ).toBe(true);
    }
  });

  it('only what is meant for everybody is public', () => {
    expect(
      hub.hub.routes
        .filter((route) => route.access.kind === 'public')
        .map((route) => route.operationId)
        .sort(),
    ).toEqual(
      [
        'emqxSignIn',
        'emqxTopic',
        'enrolStation',
        'getHealth',
        'getJwks',
        'getPublicAvailability',
        'getPublicStation',
        'getReadiness',
        'issueToken',
        'listPublicStations',
        'mosquittoAcl',
        'mosquittoSuperuser',
        'mosquittoUser',
        'receiveAlipayCallback',
        'receiveWechatCallback',
        'sendOneTimeCode',
      ].sort(),
    );
  });

  it('without a token every other route answers 401', async () => {
    for (const route of hub.hub.routes) {
      if (route.access.kind === 'public') continue;
      const answer = await hub.call(route.method.toUpperCase(), probePath(route));
      expect(answer.status, label(route)).toBe(401);
      expect(problemOf(answer).code, label(route)).toBe('UNAUTHENTICATED');
      expect(answer.headers.get('www-authenticate'), label(route)).toContain('Bearer');
    }
  });

  it.each(['rider', 'station', 'viewer', 'admin'] as const)(
    'role %s gets exactly the routes that its permissions name',
    async (role) => {
      const { grants } = ROLES[role];
      for (const route of hub.hub.routes) {
        if (route.access.kind === 'public') continue;
        if (route.operationId === 'streamEvents') continue; // An open stream never ends; its gate is tested with the live routes.
        // Deletes of the caller's own things would end the test's session.
        if (route.method === 'delete' && route.access.kind === 'signed-in') continue;
        const answer = await hub.call(route.method.toUpperCase(), probePath(route), { token: tokens[role] });
        const allowed = route.access.kind === 'signed-in' || route.access.permission in grants;
        const atTheGate = answer.status === 403 && problemOf(answer).detail?.startsWith('needs ');
        expect(answer.status, `${role} ${label(route)}`).not.toBe(401);
        expect(answer.status, `${role} ${label(route)}`).toBeLessThan(500);
        expect(atTheGate, `${role} ${label(route)}: ${answer.status}`).toBe(!allowed);
      }
    },
    60_000,
  );

  it('HTTP Basic opens the calls of the 2021 plan and nothing else', async () => {
    for (const route of hub.hub.routes) {
      if (route.access.kind === 'public') continue;
      const answer = await hub.call(route.method.toUpperCase(), probePath(route), {
        basic: `1231:${DEMO_SECRET}`,
      });
      const basic = route.access.kind === 'permission' && route.access.basic;
      if (basic) expect(answer.status, label(route)).not.toBe(401);
      else expect(answer.status, label(route)).toBe(401);
    }
    const calls = hub.hub.routes.filter((route) => route.access.kind === 'permission' && route.access.basic);
    expect(calls.map((route) => route.operationId).sort()).toEqual(
      [
        'completeOrder',
        'createOrder',
        'createOrderAtStation',
        'getOrder',
        'getOrderAtStation',
        'getUser',
        'getUserOfStargate',
        'getVehicle',
        'updateOrder',
      ].sort(),
    );
  });

  it('a role under another audience grants nothing', async () => {
    const { grantsOf } = await import('../src/stargate/permissions.js');
    expect([...grantsOf('rider', ['admin', 'operator', 'station', 'constructor', '__proto__'])]).toEqual([]);
    expect(grantsOf('operator', ['admin']).size).toBe(PERMISSIONS.length);
  });
});
