import { parseExactJson } from "./exact-json.ts";
import { writeExactJson } from "./exact-json-writer.ts";
import { type Attribute, plainValue, type Span } from "./span.ts";

/** Levels of the JSON of a span's attributes; see the reader of requests. */
const jsonDepth = 150;

const toValues = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));

/**
 * Stored spans as the file that MLflow's page and clients read: every attribute of a span is a text that holds JSON.
 * Source: the `traces.json` that MLflow's clients upload.
 */
export function writeSpanFile(stored: string): string {
  const spans = parseExactJson(stored, jsonDepth) as readonly Span[];
  return writeExactJson({
    spans: spans.map((span) => ({
      trace_id: span.trace_id,
      span_id: span.span_id,
      parent_span_id: span.parent_span_id ?? null,
      name: span.name,
      start_time_unix_nano: span.start_time_unix_nano,
      end_time_unix_nano: span.end_time_unix_nano,
      events: span.events.map((event) => ({
        name: event.name,
        time_unix_nano: event.time_unix_nano,
        attributes: toValues(event.attributes),
      })),
      status: { code: span.status.code, message: span.status.message ?? "" },
      attributes: Object.fromEntries(
        span.attributes.map(({ key, value }) => [key, writeExactJson(plainValue(value))]),
      ),
      links: span.links.map((link) => ({
        trace_id: link.trace_id,
        span_id: link.span_id,
        attributes: toValues(link.attributes),
      })),
    })),
  });
}
