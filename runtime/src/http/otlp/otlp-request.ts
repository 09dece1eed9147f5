import { parseExactJson } from "../../domain/exact-json.ts";
import { Problem } from "../../domain/problem.ts";
import type { ReceivedSpan } from "../../domain/trace-draft.ts";
import { exportRequest, holdsMoreMessages } from "./otlp-schema.ts";
import { createSpanReader, type SpanLimits } from "./otlp-span.ts";

export const protobufType = "application/x-protobuf";
export const jsonType = "application/json";

/** Messages, or JSON objects, that a body may hold in all; memory grows with their number and not with the bytes. */
const messageLimit = 1_000_000;
/** Levels of a JSON body; one level of an attribute's value takes four of them. */
const jsonDepth = 150;
const openBrace = 0x7b;

/**
 * The spans of an OTLP export request. Throws a `Problem` for what is no such request, and for a span that is none: a
 * request is taken whole or not at all. Source: OpenTelemetry protocol specification, OTLP/HTTP.
 */
export function readExportRequest(
  body: Buffer,
  mediaType: string,
  limits: SpanLimits,
): readonly ReceivedSpan[] {
  if (mediaType === jsonType) return createSpanReader("json", limits).readAll(parseJson(body));
  return createSpanReader("protobuf", limits).readAll(parseProtobuf(body));
}

const tooMany = () =>
  new Problem("INVALID_REQUEST", `A request may hold ${messageLimit} messages; send fewer spans at once.`);

function parseJson(body: Buffer): unknown {
  let objects = 0;
  for (let at = body.indexOf(openBrace); at >= 0; at = body.indexOf(openBrace, at + 1)) {
    objects += 1;
    if (objects > messageLimit) throw tooMany();
  }
  return parseExactJson(body.toString(), jsonDepth);
}

function parseProtobuf(body: Buffer): unknown {
  try {
    if (holdsMoreMessages(body, messageLimit)) throw tooMany();
    return exportRequest.decode(body);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(
      "MALFORMED_BODY",
      "The body is not an OTLP trace export request in protobuf, is cut short, or is nested too deep.",
    );
  }
}
