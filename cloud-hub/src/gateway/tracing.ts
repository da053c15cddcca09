import type { MiddlewareHandler } from 'hono';

export interface Tracing {
  /** One span a request; a caller's `traceparent` is its parent. */
  readonly middleware: MiddlewareHandler;
  /** Sends what is waiting and ends. */
  stop(): Promise<void>;
}

const EXPORT_TIMEOUT_MS = 5_000;
const EXPORT_EVERY_MS = 2_000;

/** Traces to an OpenTelemetry collector over OTLP/HTTP. Its packages are loaded here and nowhere else: without a collector they cost nothing. */
export async function startTracing(options: {
  /** Base address, as in OTEL_EXPORTER_OTLP_ENDPOINT; `/v1/traces` is added. */
  endpoint: string;
  serviceName: string;
  version: string;
}): Promise<Tracing> {
  const [{ httpInstrumentationMiddleware }, api, { OTLPTraceExporter }, { resourceFromAttributes }, sdk] =
    await Promise.all([
      import('@hono/otel'),
      import('@opentelemetry/api'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace-node'),
    ]);
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new sdk.NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': options.serviceName,
      'service.version': options.version,
    }),
    spanProcessors: [
      new sdk.BatchSpanProcessor(exporter, {
        scheduledDelayMillis: EXPORT_EVERY_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  // The parent of a span travels with the asynchronous call and comes in by the W3C header.
  provider.register();
  return {
    middleware: httpInstrumentationMiddleware({
      serviceName: options.serviceName,
      serviceVersion: options.version,
      tracerProvider: provider,
      captureActiveRequests: false,
      captureResponseHeaders: ['x-request-id'],
      // The route and not the address: one name for all orders.
      spanNameFactory: (context) => `${context.req.method} ${context.get('route') ?? 'unknown'}`,
    }),
    async stop() {
      // A collector that is away must not keep the hub from ending.
      await provider.shutdown().catch(() => undefined);
      api.trace.disable();
      api.context.disable();
      api.propagation.disable();
    },
  };
}
