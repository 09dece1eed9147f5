import { writeExactJson } from "./exact-json-writer.ts";
import {
  type Attribute,
  attributeJson,
  attributeText,
  mlflowTraceId,
  plainValue,
  type Span,
  spanAttributes,
} from "./span.ts";
import { isOwnTag, isTagKey, traceLimits, truncate } from "./trace-limits.ts";

/** A span with what its sender says of itself. */
export interface ReceivedSpan {
  /** The 16 bytes of the trace's id, as hex. */
  readonly traceId: string;
  readonly span: Span;
  readonly resource: readonly Attribute[];
}

/** What spans of one trace tell of it. Times are milliseconds since 1970. */
export interface TraceDraft {
  readonly traceId: string;
  readonly spans: readonly Span[];
  readonly startMs: number;
  /** Null while all of the spans run. */
  readonly endMs: number | null;
  /** `IN_PROGRESS` until the root has ended. */
  readonly state: "OK" | "ERROR" | "IN_PROGRESS";
  /** The root's, which is the trace's where its maker gives it no other. */
  readonly name: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly requestPreview: string | null;
  readonly responsePreview: string | null;
}

/** Metadata of traces that MLflow's clients give a meaning. */
export const traceMetadata = {
  run: "mlflow.sourceRun",
  session: "mlflow.trace.session",
  user: "mlflow.trace.user",
} as const;

const nanosecondsInMs = 1_000_000n;
/** What OpenTelemetry's libraries say of themselves, and what only the platform may say. */
const unwantedResource = ["telemetry.sdk.", "mlflow."];

/** One draft a trace, in the order of their ids, so that writers that meet lock rows in one order. */
export function draftTraces(received: readonly ReceivedSpan[]): readonly TraceDraft[] {
  const byTrace = Map.groupBy(received, ({ traceId }) => traceId);
  return [...byTrace.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, parts]) => draft(id, parts));
}

function draft(id: string, parts: readonly ReceivedSpan[]): TraceDraft {
  const spans = parts.map(({ span }) => span);
  const root = spans.find((span) => span.parent_span_id === undefined);
  const ends = spans.flatMap(({ end_time_unix_nano: end }) => (end === 0n ? [] : [toMs(end)]));
  const resource = parts.find((part) => part.resource.length > 0)?.resource ?? [];
  return {
    traceId: mlflowTraceId(id),
    spans,
    startMs: spans.reduce((least, span) => Math.min(least, toMs(span.start_time_unix_nano)), Infinity),
    endMs: ends.length === 0 ? null : ends.reduce((most, end) => Math.max(most, end), 0),
    state: root === undefined || root.end_time_unix_nano === 0n ? "IN_PROGRESS" : stateOf(root),
    name: root === undefined ? null : truncate(root.name, traceLimits.tagLength),
    tags: { ...resourceTags(resource), ...(root === undefined ? {} : rootTags(root)) },
    metadata: {
      ...firstOf(spans, spanAttributes.session, traceMetadata.session),
      ...firstOf(spans, spanAttributes.user, traceMetadata.user),
    },
    requestPreview: previewOf(root, spanAttributes.inputs),
    responsePreview: previewOf(root, spanAttributes.outputs),
  };
}

const toMs = (nanoseconds: bigint): number => Number(nanoseconds / nanosecondsInMs);
const stateOf = (root: Span) => (root.status.code === "STATUS_CODE_ERROR" ? "ERROR" : "OK");

function firstOf(spans: readonly Span[], attribute: string, key: string): Record<string, string> {
  for (const span of spans) {
    const value = attributeText(span, attribute);
    if (value !== undefined) return { [key]: truncate(value, traceLimits.metadataLength) };
  }
  return {};
}

function previewOf(root: Span | undefined, attribute: string): string | null {
  const json = root === undefined ? undefined : attributeJson(root, attribute);
  return json === undefined ? null : truncate(json, traceLimits.previewLength);
}

function resourceTags(resource: readonly Attribute[]): Record<string, string> {
  const wanted = resource.filter(({ key }) => !unwantedResource.some((prefix) => key.startsWith(prefix)));
  return toTags(
    wanted.map(({ key, value }) => [key, value.string_value ?? writeExactJson(plainValue(value))]),
  );
}

function rootTags(root: Span): Record<string, string> {
  const prefix = spanAttributes.tagPrefix;
  const keys = root.attributes.map(({ key }) => key).filter((key) => key.startsWith(prefix));
  return toTags(keys.map((key) => [key.slice(prefix.length), attributeText(root, key) ?? ""]));
}

/** Tags that may be; a sender of spans cannot mend the others. */
function toTags(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(
    pairs
      .filter(([key]) => isTagKey(key) && !isOwnTag(key))
      .map(([key, value]) => [key, truncate(value, traceLimits.tagLength)]),
  );
}
