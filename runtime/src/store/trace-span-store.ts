import { sql } from "kysely";
import { writeExactJson } from "../domain/exact-json-writer.ts";
import { Problem } from "../domain/problem.ts";
import { type Span, spanStatus, spanType } from "../domain/span.ts";
import type { Database } from "./database.ts";

/** Bytes of spans in one row; small enough that adding a span to a row rewrites little. */
const rowBytes = 64 * 1024;
/** Characters of a span's name that searches see. */
const nameLength = 250;

export interface NewSpans {
  readonly traceId: string;
  readonly spans: readonly Span[];
  /** Whether the trace had no spans before. */
  readonly isFirst: boolean;
}

interface Piece {
  readonly trace_id: string;
  /** Its place among the pieces of this request for the trace. */
  readonly piece: number;
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly statuses: readonly string[];
  readonly size: number;
  readonly spans: string;
}

/**
 * Adds spans to traces whose rows the caller has locked. A few spans go into the trace's last row where there is room,
 * so that a trace whose spans come one by one is a few rows all the same.
 */
export async function writeSpans(trx: Database, added: readonly NewSpans[]): Promise<void> {
  const pieces = added.map(({ traceId, spans, isFirst }) => ({ isFirst, cut: cut(traceId, spans) }));
  const small = pieces.flatMap(({ isFirst, cut }) => (!isFirst && cut.length === 1 ? cut : []));
  const appended = small.length === 0 ? new Set() : await append(trx, small);
  const rest = pieces.flatMap(({ cut }) => cut).filter((piece) => !appended.has(piece.trace_id));
  if (rest.length > 0) await insert(trx, rest);
}

/** Spans as rows, none larger than it has to be. */
function cut(traceId: string, spans: readonly Span[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let held: { span: Span; json: string }[] = [];
  let size = 0;
  const close = () => {
    pieces.push({
      trace_id: traceId,
      piece: pieces.length,
      names: held.map(({ span }) => span.name.slice(0, nameLength).toWellFormed()),
      types: held.map(({ span }) => spanType(span)),
      statuses: held.map(({ span }) => spanStatus(span)),
      size,
      spans: `[${held.map(({ json }) => json).join(",")}]`,
    });
    held = [];
    size = 0;
  };
  for (const span of spans) {
    const json = writeExactJson(span);
    if (held.length > 0 && size + json.length > rowBytes) close();
    held.push({ span, json });
    size += Buffer.byteLength(json);
  }
  close();
  return pieces;
}

const toRows = (pieces: readonly Piece[]) => sql`jsonb_to_recordset(${writePieces(pieces)}::jsonb) as n(
  trace_id text, piece integer, names text[], types text[], statuses text[], size integer, spans jsonb)`;

/** The spans are JSON already. */
const writePieces = (pieces: readonly Piece[]): string =>
  `[${pieces.map(({ spans, ...rest }) => `${JSON.stringify(rest).slice(0, -1)},"spans":${spans}}`).join(",")}]`;

async function append(trx: Database, pieces: readonly Piece[]): Promise<ReadonlySet<unknown>> {
  const { rows } = await sql<{ trace_id: string }>`
    update trace_spans as c set spans = c.spans || n.spans, names = c.names || n.names, types = c.types || n.types,
      statuses = c.statuses || n.statuses, size = c.size + n.size
    from ${toRows(pieces)} cross join lateral (
      select max(chunk) as chunk from trace_spans where trace_id = n.trace_id
    ) as latest
    where c.trace_id = n.trace_id and c.chunk = latest.chunk and c.size + n.size <= ${rowBytes}
    returning c.trace_id`.execute(trx);
  return new Set(rows.map(({ trace_id }) => trace_id));
}

async function insert(trx: Database, pieces: readonly Piece[]): Promise<void> {
  await sql`
    insert into trace_spans (trace_id, chunk, spans, names, types, statuses, size)
    select n.trace_id, n.piece + coalesce((select max(chunk) + 1 from trace_spans where trace_id = n.trace_id), 0),
      n.spans, n.names, n.types, n.statuses, n.size
    from ${toRows(pieces)}`.execute(trx);
}

/**
 * The spans of traces as JSON lists, by trace: the root first, then by start. Of a span that came twice the later one
 * counts. Throws a `Problem` when the answer would be larger than the limit.
 */
export async function readSpans(
  db: Database,
  ids: readonly string[],
  limitBytes: number,
): Promise<ReadonlyMap<string, { readonly spans: string; readonly count: number }>> {
  const total = await db
    .selectFrom("trace_spans")
    .select((eb) => eb.fn.sum<string | null>("size").as("bytes"))
    .where("trace_id", "in", [...ids])
    .executeTakeFirstOrThrow();
  if (Number(total.bytes ?? 0) > limitBytes) {
    throw new Problem(
      "INVALID_REQUEST",
      `The spans have ${total.bytes} bytes, and an answer may have ${limitBytes}. Ask for fewer traces at once.`,
    );
  }
  const { rows } = await sql<{ trace_id: string; spans: string; count: number | string }>`
    select trace_id, count(*) as count, jsonb_agg(
      span order by span ? 'parent_span_id', (span ->> 'start_time_unix_nano')::numeric, chunk, at
    )::text as spans
    from (
      select distinct on (c.trace_id, s.span ->> 'span_id') c.trace_id, c.chunk, s.at, s.span
      from trace_spans as c cross join jsonb_array_elements(c.spans) with ordinality as s(span, at)
      where c.trace_id = any(${ids}::text[])
      order by c.trace_id, s.span ->> 'span_id', c.chunk desc, s.at desc
    ) as latest
    group by trace_id`.execute(db);
  return new Map(rows.map(({ trace_id, spans, count }) => [trace_id, { spans, count: Number(count) }]));
}
