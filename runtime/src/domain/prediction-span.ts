import type { TraceContext } from "./trace-context.ts";

/** A request's own span, that its batches link to. Times are milliseconds since 1970. */
export interface RequestSpan extends Pick<TraceContext, "traceId" | "spanId"> {
  readonly parentSpanId: string;
  readonly startMs: number;
}

/** What a span is about. */
export interface SpanFacts {
  readonly model: string;
  readonly version: number | null;
  readonly rows: number | null;
  readonly endMs: number;
  /** The code of the error that it ended with; null where it did not. */
  readonly error: string | null;
}

/** One run of a model for the requests of which a trace is kept. */
export interface BatchFacts extends SpanFacts {
  readonly spanId: string;
  readonly startMs: number;
  /** Requests in all, also those without a trace. */
  readonly requests: number;
  readonly linked: readonly RequestSpan[];
}

/** A span has no more links; others are counted. Source: OpenTelemetry, "Span Limits", LinkCountLimit. */
const linkLimit = 128;
const kinds = { internal: 1, server: 2 } as const;
const failed = 2;

/** A request's span as JSON of OTLP. Source: OpenTelemetry protocol specification, "JSON Protobuf Encoding". */
export function writeRequestSpan(span: RequestSpan, facts: SpanFacts): string {
  return JSON.stringify({
    ...idsOf(span),
    parentSpanId: span.parentSpanId,
    name: `predict ${facts.model}`,
    kind: kinds.server,
    ...endOf(span.startMs, facts),
    attributes: attributesOf(facts),
  });
}

/** A batch's span: below the first request's, so that it is seen there, and with links to all of them. */
export function writeBatchSpan(facts: BatchFacts): string {
  const [first] = facts.linked;
  return JSON.stringify({
    ...(first === undefined ? {} : { traceId: first.traceId, parentSpanId: first.spanId }),
    spanId: facts.spanId,
    name: `batch ${facts.model}`,
    kind: kinds.internal,
    ...endOf(facts.startMs, facts),
    attributes: [...attributesOf(facts), whole("bedplate.batch.requests", facts.requests)],
    links: facts.linked.slice(0, linkLimit).map(idsOf),
    droppedLinksCount: Math.max(0, facts.linked.length - linkLimit),
  });
}

/** The body of an export request with spans that are JSON already. */
export function writeExport(
  resource: { readonly stack: string; readonly release: string },
  spans: readonly string[],
) {
  const attributes = [
    text("service.name", "bedplate"),
    text("service.version", resource.release),
    text("deployment.environment.name", resource.stack),
  ];
  const head = JSON.stringify({ attributes });
  return `{"resourceSpans":[{"resource":${head},"scopeSpans":[{"scope":{"name":"bedplate"},"spans":[${spans.join(",")}]}]}]}`;
}

const idsOf = ({ traceId, spanId }: RequestSpan) => ({ traceId, spanId });

function endOf(startMs: number, { endMs, error }: SpanFacts) {
  return {
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(endMs),
    status: error === null ? {} : { code: failed, message: error },
  };
}

function attributesOf({ model, version, rows, error }: SpanFacts): readonly object[] {
  return [
    text("bedplate.model", model),
    ...(version === null ? [] : [whole("bedplate.version", version)]),
    ...(rows === null ? [] : [whole("bedplate.rows", rows)]),
    ...(error === null ? [] : [text("error.type", error)]),
  ];
}

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const whole = (key: string, value: number) => ({ key, value: { intValue: String(value) } });

const nanosecondsPerMicrosecond = 1_000n;
const microsecondsPerMillisecond = 1_000;
/** A double holds the time since 1970 to the microsecond. */
const nanoseconds = (ms: number) =>
  String(BigInt(Math.round(ms * microsecondsPerMillisecond)) * nanosecondsPerMicrosecond);
