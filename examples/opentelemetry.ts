/**
 * Requests as OpenTelemetry spans, the handler's a child of its caller's: `npm run example:opentelemetry`.
 *
 * `ask` and `traced` carry the trace context, in front of the payload: what the wire has no room for is the program's own affair. `observe` is the subscriber that says of each span what only
 * gips knows, and ends it. All three can be copied; the rest is the example.
 */
import { spawn } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { type Channel, type DiagnosticsEvents, Endpoint, type Handler, Listener, type Message } from 'gips';

type RequestTrace = DiagnosticsEvents['gips:request.end'];

const tracer = trace.getTracer('gips');

/** As `channel.request`, for a text: the span's context goes before it, as a line of JSON. */
function ask(channel: Channel, name: string, text: string): Promise<Message> {
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT });
  return context.with(trace.setSpan(context.active(), span), () => {
    const carrier: Record<string, string> = {};
    propagation.inject(context.active(), carrier);
    return channel.request(`${JSON.stringify(carrier)}\n${text}`);
  });
}

/** A handler for what `ask` sends. Spans that it starts are children of its own. */
function traced(name: string, answer: (text: string) => string | Promise<string>): Handler {
  return (request) => {
    const whole = request.message.text();
    const end = whole.indexOf('\n');
    const parent = propagation.extract(ROOT_CONTEXT, JSON.parse(whole.slice(0, end)));
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: { 'gips.peer.pid': request.credentials.pid } }, parent);
    const answered = context.with(trace.setSpan(parent, span), async () => answer(whole.slice(end + 1)));
    answered.then(
      () => span.end(),
      (error: unknown) => fail(span, error),
    );
    return answered;
  };
}

/** Callers' spans: what gips knows of them, and their end. */
function observe(): void {
  const spans = new WeakMap<RequestTrace, Span>();
  diagnostics.subscribe('gips:request.start', (event) => {
    const request = event as RequestTrace;
    const span = trace.getActiveSpan();
    if (request.side !== 'caller' || span === undefined) return;
    spans.set(request, span.setAttributes({ 'gips.service': request.address, 'gips.request.size': request.size }));
  });
  diagnostics.subscribe('gips:request.end', (event) => {
    const request = event as RequestTrace;
    const span = spans.get(request);
    if (request.error === undefined) span?.end();
    else if (span !== undefined) fail(span, request.error);
  });
}

function fail(span: Span, error: unknown): void {
  span.recordException(error as Error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
  span.end();
}

/** A real program exports to a collector; this one prints. */
function print(span: ReadableSpan): void {
  const { name, attributes, status } = span;
  const { traceId, spanId } = span.spanContext();
  console.log(
    JSON.stringify({
      name,
      traceId,
      spanId,
      parent: span.parentSpanContext?.spanId,
      failed: status.code === SpanStatusCode.ERROR,
      attributes,
    }),
  );
}

const exporter = {
  export(spans: ReadableSpan[], done: (result: { code: number }) => void): void {
    spans.forEach(print);
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
};

trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
observe();

const [role = 'server', name = `com.example.traced.${process.pid}`] = process.argv.slice(2);
await (role === 'server' ? serve() : visit());

async function serve(): Promise<void> {
  await using listener = await Listener.bind(name);
  listener.serve(
    traced('bake', (what) => {
      if (what === 'stone') throw new Error('a stone is not baked');
      return `a warm ${what}`;
    }),
  );
  const client = spawn(process.execPath, [fileURLToPath(import.meta.url), 'client', name], { stdio: 'inherit' });
  await once(client, 'exit');
}

async function visit(): Promise<void> {
  await using endpoint = await Endpoint.connect(name);
  await tracer.startActiveSpan('breakfast', async (breakfast) => {
    console.log(`client: got ${(await ask(endpoint, 'ask for bread', 'bread')).text()}`);
    await ask(endpoint, 'ask for a stone', 'stone').catch((error: Error) => console.log(`client: ${String(error.cause)}`));
    breakfast.end();
  });
}
