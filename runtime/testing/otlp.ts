import { exportRequest } from "../src/http/otlp/otlp-schema.ts";

/** An OTLP request in the names that its two encodings share; `id` is hex. */
export interface SpanSketch {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: readonly { readonly key: string; readonly value: object }[];
  readonly status?: { readonly code: number; readonly message?: string };
}

/** The spans as the JSON of one export request. */
export const jsonRequest = (spans: readonly unknown[], resource: object = {}): string =>
  JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });

/** The spans as the bytes of one export request. */
export function protobufRequest(spans: readonly SpanSketch[], resource: object = {}): Buffer {
  const bytes = (hex: string) => Buffer.from(hex, "hex");
  const message = exportRequest.fromObject({
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            spans: spans.map((span) => ({
              ...span,
              traceId: bytes(span.traceId),
              spanId: bytes(span.spanId),
              ...(span.parentSpanId === undefined ? {} : { parentSpanId: bytes(span.parentSpanId) }),
            })),
          },
        ],
      },
    ],
  });
  return Buffer.from(exportRequest.encode(message).finish());
}
