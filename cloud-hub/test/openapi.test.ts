import { PROBLEMS } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HubFixture, startHub } from './support/hub-fixture.js';

type Operation = {
  operationId: string;
  summary: string;
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: Record<string, { example?: unknown }> };
  responses: Record<
    string,
    { description: string; content?: Record<string, { schema: unknown; examples?: object }> }
  >;
  security: object[];
  'x-permission': string;
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
};

describe('the OpenAPI document', () => {
  let hub: HubFixture;
  let document: Document;
  beforeAll(async () => {
    hub = await startHub();
    document = (await hub.call<Document>('GET', '/openapi.json')).body;
  }, 60_000);
  afterAll(() => hub?.stop());

  it('holds exactly the routes that are served', () => {
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(documented.sort()).toEqual(hub.hub.routes.map((route) => `${route.method} ${route.path}`).sort());
    expect(document.openapi).toBe('3.1.0');
  });

  it("has the 2021 plan's paths as written", () => {
    for (const [method, path] of [
      ['get', '/core/v0/users/{id}'],
      ['get', '/auth/v1/users/{id}'],
      ['get', '/core/v0/vehicles/{id}'],
      ['post', '/core/v0/order'],
      ['put', '/core/v0/order/{id}'],
      ['get', '/core/v0/batteries'],
    ] as const)
      expect(document.paths[path]?.[method], `${method} ${path}`).toBeDefined();
  });

  it('documents on every route its permission, its path parameters and its problems with examples', () => {
    for (const [path, operations] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(operations)) {
        const label = `${method} ${path}`;
        expect(operation.summary.length, label).toBeGreaterThan(3);
        expect(operation['x-permission'], label).toBeTruthy();
        expect(operation['x-permission'] === 'public', label).toBe(operation.security.length === 0);
        for (const [, name] of path.matchAll(/\{([^}]+)\}/g))
          expect(
            operation.parameters?.some((parameter) => parameter.in === 'path' && parameter.name === name),
            label,
          ).toBe(true);
        const failures = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
        expect(
          failures.map(([status]) => status),
          label,
        ).toContain('429');
        if (operation.security.length > 0)
          expect(
            failures.map(([status]) => status),
            label,
          ).toContain('401');
        for (const [status, response] of failures) {
          const problem = response.content?.['application/problem+json'];
          expect(problem?.schema, `${label} ${status}`).toEqual({ $ref: '#/components/schemas/Problem' });
          for (const code of Object.keys(problem?.examples ?? {}))
            expect(PROBLEMS[code as keyof typeof PROBLEMS].status, `${label} ${code}`).toBe(Number(status));
        }
      }
  });

  it('shows with every request body an example, which the route takes', () => {
    let shown = 0;
    for (const route of hub.hub.routes.filter(({ body }) => body !== undefined)) {
      const content = document.paths[route.path]?.[route.method]?.requestBody?.content;
      const example = content?.['application/json']?.example;
      const label = `${route.method} ${route.path}: ${JSON.stringify(example)}`;
      expect(example, label).toBeDefined();
      expect(route.body?.safeParse(example).error?.issues ?? [], label).toEqual([]);
      shown += 1;
    }
    expect(shown).toBeGreaterThan(60);
  });

  it('names the resources and leaves no reference hanging', () => {
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/#\/components\/schemas\/([A-Za-z]+)/g))
      expect(document.components.schemas, name).toHaveProperty(name as string);
    for (const name of ['User', 'Vehicle', 'Station', 'Order', 'Command', 'Problem'])
      expect(text, name).toContain(`#/components/schemas/${name}"`);
    for (const [name, schema] of Object.entries(document.components.schemas))
      expect(schema, name).not.toHaveProperty('$ref');
  });

  it('is shown at /docs without another host', async () => {
    const page = await hub.call<string>('GET', '/docs/');
    expect(page.status).toBe(200);
    expect(page.body).not.toMatch(/(src|href)="https?:/);
    for (const [, file] of page.body.matchAll(/(?:src|href)="([^"]+)"/g))
      expect((await hub.call('GET', file ?? '')).status, file).toBe(200);
    expect((await hub.call('GET', '/docs/../package.json')).status).toBe(404);
    expect((await hub.call('GET', '/docs/..%2fpackage.json')).status).toBe(404);
  });
});
