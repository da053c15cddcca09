import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type HubFixture, startHub } from './support/hub-fixture.js';

type Attribute = { key: string; value: { stringValue?: string; intValue?: number; arrayValue?: unknown } };
type Span = { name: string; traceId: string; parentSpanId?: string; attributes: Attribute[] };
type Export = { resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Span[] }[] }[] };

describe('traces', () => {
  let hub: HubFixture;
  const exports: Export[] = [];
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v1/traces') exports.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const { port } = collector.address() as AddressInfo;
    hub = await startHub({
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/`, OTEL_SERVICE_NAME: 'hub-under-test' },
    });
  }, 60_000);
  afterAll(async () => {
    await hub?.stop();
    collector.closeAllConnections();
    await new Promise((resolve) => collector.close(resolve));
  }, 60_000);

  it('go to the collector: named by route, below the caller’s span, with the request id', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const parent = '00f067aa0ba902b7';
    const answer = await hub.call('GET', '/core/v0/public/stations/1231', {
      headers: { traceparent: `00-${traceId}-${parent}-01`, 'X-Request-Id': 'traced-1' },
    });
    expect(answer.status).toBe(200);
    const spans = () =>
      exports.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
      );
    const span = await eventually(
      () => spans().find((each) => each.traceId === traceId),
      'the span at the collector',
      60_000,
    );
    expect(span).toMatchObject({ name: 'GET /core/v0/public/stations/{id}', parentSpanId: parent });
    const attributes = Object.fromEntries(span.attributes.map(({ key, value }) => [key, value]));
    expect(attributes['http.response.status_code']?.intValue).toBe(200);
    expect(JSON.stringify(attributes['http.response.header.x-request-id'])).toContain('traced-1');
    const service = exports[0]?.resourceSpans[0]?.resource.attributes.find(
      ({ key }) => key === 'service.name',
    );
    expect(service?.value.stringValue).toBe('hub-under-test');
  });
});
