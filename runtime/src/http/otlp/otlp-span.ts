import { Problem } from "../../domain/problem.ts";
import {
  type Attribute,
  mlflowTraceId,
  type Span,
  type SpanEvent,
  type SpanLink,
  spanAttributes,
  spanKinds,
  statusCodes,
} from "../../domain/span.ts";
import type { ReceivedSpan } from "../../domain/trace-draft.ts";
import { createScalarReader, type Encoding } from "./otlp-scalar.ts";
import { createValueReader } from "./otlp-value.ts";

export interface SpanLimits {
  /** Spans of one request. */
  readonly spanLimit: number;
  /** Attributes of one span, event, link or resource. */
  readonly attributeLimit: number;
  /** Events, and links, of one span. */
  readonly eventLimit: number;
}

const traceIdBytes = 16;
const spanIdBytes = 8;

/** Reads spans out of a decoded request; the two encodings have the same names and differ in their scalars. */
export function createSpanReader(encoding: Encoding, limits: SpanLimits) {
  const scalar = createScalarReader(encoding);
  const { list, field } = scalar;
  const { readAttribute } = createValueReader(scalar);
  const readAttributes = (given: unknown): Attribute[] =>
    list(given, "attributes", limits.attributeLimit).map((each) => readAttribute(each, 0));
  const readEvent = (given: unknown): SpanEvent => ({
    name: scalar.text(given, "name"),
    time_unix_nano: scalar.time(given, "timeUnixNano"),
    attributes: readAttributes(given),
  });
  const readLink = (given: unknown): SpanLink => ({
    trace_id: scalar.id(given, "traceId", traceIdBytes).toString("base64"),
    span_id: scalar.id(given, "spanId", spanIdBytes).toString("base64"),
    attributes: readAttributes(given),
  });

  function readSpan(given: unknown, resource: readonly Attribute[]): ReceivedSpan {
    const id = scalar.id(given, "traceId", traceIdBytes);
    const traceId = id.toString("hex");
    const parent = scalar.optionalId(given, "parentSpanId", spanIdBytes);
    const traceState = scalar.text(given, "traceState");
    const status = field(given, "status");
    const message = scalar.text(status, "message");
    const attributes = readAttributes(given).filter(({ key }) => key !== spanAttributes.traceId);
    const span: Span = {
      trace_id: id.toString("base64"),
      span_id: scalar.id(given, "spanId", spanIdBytes).toString("base64"),
      ...(parent === null ? {} : { parent_span_id: parent.toString("base64") }),
      ...(traceState === "" ? {} : { trace_state: traceState }),
      name: scalar.text(given, "name"),
      kind: spanKinds[scalar.small(given, "kind")] ?? spanKinds[0],
      start_time_unix_nano: scalar.time(given, "startTimeUnixNano"),
      end_time_unix_nano: scalar.time(given, "endTimeUnixNano"),
      // The id that MLflow knows the trace by follows from the trace; a sender has no say in it.
      attributes: [
        ...attributes,
        { key: spanAttributes.traceId, value: { string_value: mlflowTraceId(traceId) } },
      ],
      events: list(given, "events", limits.eventLimit).map(readEvent),
      links: list(given, "links", limits.eventLimit).map(readLink),
      status: {
        code: statusCodes[scalar.small(status, "code")] ?? statusCodes[0],
        ...(message === "" ? {} : { message }),
      },
    };
    return { traceId, span, resource };
  }

  return {
    readAll(request: unknown): readonly ReceivedSpan[] {
      const received: ReceivedSpan[] = [];
      for (const resourceSpans of list(request, "resourceSpans")) {
        const resource = readAttributes(field(resourceSpans, "resource"));
        for (const spans of list(resourceSpans, "scopeSpans").map((scope) => list(scope, "spans"))) {
          if (received.length + spans.length > limits.spanLimit) {
            throw new Problem(
              "INVALID_REQUEST",
              `A request may bring ${limits.spanLimit} spans; send fewer at once.`,
            );
          }
          for (const span of spans) received.push(readSpan(span, resource));
        }
      }
      if (received.length === 0) throw new Problem("INVALID_REQUEST", "The request brings no spans.");
      return received;
    },
  };
}
