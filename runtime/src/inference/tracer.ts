import { randomBytes } from "node:crypto";
import {
  type BatchFacts,
  type RequestSpan,
  type SpanFacts,
  writeBatchSpan,
  writeRequestSpan,
} from "../domain/prediction-span.ts";
import { readTraceparent } from "../domain/trace-context.ts";

/** What is known of a span's end by who ends it. */
type Ended<F extends SpanFacts> = Omit<F, "endMs">;

/** Tells of predictions that belong to a trace which their caller keeps; of others it knows nothing. */
export interface Tracer {
  /** A request's span; undefined where it has no trace, or one that nobody keeps. */
  readonly begin: (header: (name: string) => string | undefined) => RequestSpan | undefined;
  readonly request: (span: RequestSpan, facts: Ended<SpanFacts>) => void;
  /** `startedAt` by `performance.now()`. */
  readonly batch: (startedAt: number, facts: Omit<Ended<BatchFacts>, "spanId" | "startMs">) => void;
}

const idBytes = 8;
const newSpanId = () => randomBytes(idBytes).toString("hex");
const now = () => performance.timeOrigin + performance.now();

/** `add` takes a span as JSON of OTLP. */
export function createTracer(add: (span: string) => void): Tracer {
  return {
    begin(header) {
      const given = header("traceparent");
      const parent = given === undefined ? null : readTraceparent(given);
      if (parent === null || !parent.isSampled) return undefined;
      const { traceId, spanId: parentSpanId } = parent;
      return { traceId, parentSpanId, spanId: newSpanId(), startMs: now() };
    },
    request: (span, facts) => add(writeRequestSpan(span, { ...facts, endMs: now() })),
    batch(startedAt, facts) {
      const startMs = performance.timeOrigin + startedAt;
      add(writeBatchSpan({ ...facts, startMs, spanId: newSpanId(), endMs: now() }));
    },
  };
}
