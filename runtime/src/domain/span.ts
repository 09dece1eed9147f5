import { writeExactJson } from "./exact-json-writer.ts";

/**
 * A value of an attribute, in the names of OTLP's protobuf; none of the fields is an absent value. Numbers that a double
 * cannot hold are text, bytes are base64. Source: opentelemetry/proto/common/v1/common.proto.
 */
export interface AnyValue {
  readonly string_value?: string;
  readonly bool_value?: boolean;
  readonly int_value?: bigint;
  readonly double_value?: number | "NaN" | "Infinity" | "-Infinity";
  readonly bytes_value?: string;
  readonly array_value?: { readonly values: readonly AnyValue[] };
  readonly kvlist_value?: { readonly values: readonly Attribute[] };
}

export interface Attribute {
  readonly key: string;
  readonly value: AnyValue;
}

export interface SpanEvent {
  readonly name: string;
  readonly time_unix_nano: bigint;
  readonly attributes: readonly Attribute[];
}

export interface SpanLink {
  readonly trace_id: string;
  readonly span_id: string;
  readonly attributes: readonly Attribute[];
}

export const statusCodes = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"] as const;
export const spanKinds = [
  "SPAN_KIND_UNSPECIFIED",
  "SPAN_KIND_INTERNAL",
  "SPAN_KIND_SERVER",
  "SPAN_KIND_CLIENT",
  "SPAN_KIND_PRODUCER",
  "SPAN_KIND_CONSUMER",
] as const;

/**
 * A span as it is stored and sent: protobuf's JSON of OTLP's message, whose ids are base64. Times are nanoseconds since
 * 1970; an end of 0 means that the span runs. Source: opentelemetry/proto/trace/v1/trace.proto.
 */
export interface Span {
  readonly trace_id: string;
  readonly span_id: string;
  /** Absent on the root of a trace. */
  readonly parent_span_id?: string;
  readonly trace_state?: string;
  readonly name: string;
  readonly kind: (typeof spanKinds)[number];
  readonly start_time_unix_nano: bigint;
  readonly end_time_unix_nano: bigint;
  readonly attributes: readonly Attribute[];
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly status: { readonly code: (typeof statusCodes)[number]; readonly message?: string };
}

/** Attributes of spans that MLflow's clients give a meaning. */
export const spanAttributes = {
  type: "mlflow.spanType",
  inputs: "mlflow.spanInputs",
  outputs: "mlflow.spanOutputs",
  traceId: "mlflow.traceRequestId",
  session: "session.id",
  user: "user.id",
  /** Followed by the key of a tag that the trace gets. */
  tagPrefix: "mlflow.traceTag.",
} as const;

/** The id by which MLflow's clients know a trace of OpenTelemetry's; `id` is its 16 bytes as hex. */
export const mlflowTraceId = (id: string): string => `tr-${id}`;

/** The value as plain JSON; whole numbers are bigint, because a double would lose their digits. */
export function plainValue(value: AnyValue): unknown {
  if (value.array_value !== undefined) return value.array_value.values.map(plainValue);
  if (value.kvlist_value !== undefined) {
    return Object.fromEntries(
      value.kvlist_value.values.map(({ key, value: inner }) => [key, plainValue(inner)]),
    );
  }
  return (
    value.string_value ??
    value.bool_value ??
    value.int_value ??
    value.double_value ??
    value.bytes_value ??
    null
  );
}

/** The attribute as JSON, which is how MLflow shows values; undefined where the span lacks it. */
export function attributeJson(span: Pick<Span, "attributes">, key: string): string | undefined {
  const found = span.attributes.find((attribute) => attribute.key === key);
  return found === undefined ? undefined : writeExactJson(plainValue(found.value));
}

/**
 * The attribute as text. MLflow's clients write some texts as JSON and some as they are, so quotes around a text do not
 * belong to it.
 */
export function attributeText(span: Pick<Span, "attributes">, key: string): string | undefined {
  const found = span.attributes.find((attribute) => attribute.key === key);
  if (found === undefined) return undefined;
  const text = found.value.string_value ?? writeExactJson(plainValue(found.value));
  return text.startsWith('"') ? unquote(text) : text;
}

function unquote(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : text;
  } catch {
    return text;
  }
}

/** What searches know a span by. */
export const spanType = (span: Span): string => attributeText(span, spanAttributes.type) ?? "UNKNOWN";
export const spanStatus = (span: Span): string => span.status.code.slice("STATUS_CODE_".length);
