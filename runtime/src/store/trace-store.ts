import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { Problem } from "../domain/problem.ts";
import type { TraceDraft } from "../domain/trace-draft.ts";
import { checkTraceId, isOwnTag, traceLimits, traceTags, truncate } from "../domain/trace-limits.ts";
import { checkTag } from "../domain/tracking-limits.ts";
import type { Database } from "./database.ts";
import { activeExperiment } from "./run-store.ts";
import { createAssessmentStore, type NewAssessment, writeAssessments } from "./trace-assessment-store.ts";
import { createTraceDeletion } from "./trace-deletion.ts";
import { readTracesById, type TraceInfo } from "./trace-rows.ts";
import { searchTraces } from "./trace-search.ts";
import { readSpans, writeSpans } from "./trace-span-store.ts";
import { mergeDrafts, ownTags, writeValues } from "./trace-writes.ts";

type TraceState = TraceInfo["state"];
type Values = Readonly<Record<string, string>>;

/** What its maker says of a trace. Times are milliseconds since 1970. */
export interface TraceClaim {
  readonly traceId: string;
  readonly experimentId: number;
  readonly requestTime: number;
  readonly executionDuration: number | null;
  readonly state: TraceState;
  readonly clientRequestId: string | null;
  readonly requestPreview: string | null;
  readonly responsePreview: string | null;
  readonly tags: Values;
  readonly metadata: Values;
  readonly assessments: readonly NewAssessment[];
}

export const noTrace = (traceId: string) =>
  new Problem("NOT_FOUND", `Trace with ID '${traceId.slice(0, 100)}' not found.`);

/** Traces: what they are about, their spans, and what people and programs say of them. */
export function createTraceStore(db: Database, clock: () => number) {
  async function get(traceId: string): Promise<TraceInfo> {
    const [trace] = await readTracesById(db, [traceId]);
    if (trace === undefined) throw noTrace(traceId);
    return trace;
  }

  return {
    get,
    /** The traces that there are among these. */
    list: (ids: readonly string[]) => readTracesById(db, ids),
    search: searchTraces.bind(null, db),
    spans: readSpans.bind(null, db),
    assessments: createAssessmentStore(db, clock),
    ...createTraceDeletion(db, clock),
    ...createTagStore(db),

    /** Takes spans in; returns how many were dropped because their trace is full. */
    receive: (experimentId: number, drafts: readonly TraceDraft[], spanLimit: number) =>
      db.transaction().execute((trx) => receive(trx, experimentId, drafts, spanLimit)),

    /** Writes what its maker says of a trace; from then on spans change no more of it. */
    async start(claim: TraceClaim): Promise<TraceInfo> {
      checkTraceId(claim.traceId);
      await db.transaction().execute((trx) => writeClaim(trx, claim, true, clock()));
      return await get(claim.traceId);
    },

    /** Begins a trace under an id of ours, as clients before MLflow 3 want it. */
    async begin(
      claim: Pick<TraceClaim, "experimentId" | "requestTime" | "tags" | "metadata">,
    ): Promise<TraceInfo> {
      const traceId = randomUUID().replaceAll("-", "");
      const rest = {
        executionDuration: null,
        clientRequestId: null,
        requestPreview: null,
        responsePreview: null,
      };
      const begun = { ...claim, ...rest, traceId, state: "IN_PROGRESS", assessments: [] } as const;
      await db.transaction().execute((trx) => writeClaim(trx, begun, false, clock()));
      return await get(traceId);
    },

    /** Ends a trace that `begin` began. */
    async end(traceId: string, change: TraceEnd): Promise<TraceInfo> {
      await db.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable("traces")
          .set({
            state: change.state,
            execution_duration: sql<number>`greatest(0, ${change.endTime}::bigint - request_time)`,
          })
          .where("trace_id", "=", traceId)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) throw noTrace(traceId);
        await writeClaimValues(trx, traceId, change);
      });
      return await get(traceId);
    },

    /** Says that traces belong to a run; ids of traces that are not there are passed over. */
    async link(runId: string, ids: readonly string[]): Promise<void> {
      await sql`
        insert into trace_runs (run_id, trace_id)
        select ${runId}::text, trace_id from traces where trace_id = any(${ids}::text[]) order by trace_id
        on conflict do nothing`.execute(db);
    },
  };
}

export interface TraceEnd {
  readonly state: TraceState;
  readonly endTime: number;
  readonly tags: Values;
  readonly metadata: Values;
}

function createTagStore(db: Database) {
  const checkOwn = (key: string) => {
    if (isOwnTag(key))
      throw new Problem("INVALID_REQUEST", `Tag '${key}' is immutable; the platform sets it.`);
  };
  return {
    async setTag(traceId: string, key: string, value: string): Promise<void> {
      checkOwn(key);
      const tag = { key, value: truncate(value, traceLimits.tagLength) };
      checkTag(tag);
      await db.transaction().execute(async (trx) => {
        await lock(trx, traceId);
        await writeValues(trx, "trace_tags", [{ traceId, values: { [key]: tag.value } }]);
      });
    },

    async deleteTag(traceId: string, key: string): Promise<void> {
      checkOwn(key);
      const { numDeletedRows } = await db
        .deleteFrom("trace_tags")
        .where("trace_id", "=", traceId)
        .where("key", "=", key)
        .executeTakeFirst();
      if (numDeletedRows === 0n) {
        throw new Problem(
          "NOT_FOUND",
          `No trace tag with key '${key.slice(0, 100)}' for trace with ID '${traceId.slice(0, 100)}'`,
        );
      }
    },
  };
}

async function lock(trx: Database, traceId: string): Promise<void> {
  const row = await trx
    .selectFrom("traces")
    .select("trace_id")
    .where("trace_id", "=", traceId)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw noTrace(traceId);
}

async function receive(
  trx: Database,
  experimentId: number,
  drafts: readonly TraceDraft[],
  spanLimit: number,
): Promise<number> {
  const location = await activeExperiment(trx, experimentId);
  const counts = await mergeDrafts(trx, experimentId, drafts);
  const taken = drafts.map((draft) => {
    const count = counts.get(draft.traceId) ?? 0;
    const before = count - draft.spans.length;
    const spans = draft.spans.slice(0, Math.max(0, spanLimit - before));
    return { draft, spans, isFirst: before === 0, dropped: draft.spans.length - spans.length };
  });
  const added = taken.filter(({ spans }) => spans.length > 0);
  await writeSpans(
    trx,
    added.map(({ draft, spans, isFirst }) => ({ traceId: draft.traceId, spans, isFirst })),
  );
  const first = taken.filter(({ isFirst }) => isFirst);
  const own = first.map(({ draft: { traceId } }) => ({ traceId, values: ownTags(location, traceId, true) }));
  await writeValues(trx, "trace_tags", own);
  await writeDraftValues(trx, drafts);
  const full = taken.filter(({ dropped }) => dropped > 0);
  for (const { draft, dropped } of full) {
    await trx
      .updateTable("traces")
      .set((eb) => ({ span_count: eb("span_count", "-", dropped) }))
      .where("trace_id", "=", draft.traceId)
      .execute();
  }
  return full.reduce((sum, { dropped }) => sum + dropped, 0);
}

/** What a client said outlives what spans tell, but for tags that the spans' sender gives the trace. */
async function writeDraftValues(trx: Database, drafts: readonly TraceDraft[]): Promise<void> {
  const names = drafts.flatMap(({ traceId, name }) =>
    name === null ? [] : [{ traceId, values: { [traceTags.name]: name } }],
  );
  await writeValues(
    trx,
    "trace_tags",
    drafts.map(({ traceId, tags }) => ({ traceId, values: tags })),
  );
  await writeValues(trx, "trace_tags", names, true);
  const metadata = drafts.map(({ traceId, metadata }) => ({ traceId, values: metadata }));
  await writeValues(trx, "trace_metadata", metadata, true);
}

async function writeClaim(trx: Database, claim: TraceClaim, finalized: boolean, now: number): Promise<void> {
  const location = await activeExperiment(trx, claim.experimentId);
  const preview = (text: string | null) => (text === null ? null : truncate(text, traceLimits.previewLength));
  const { rows } = await sql<{ span_count: number }>`
    insert into traces as t (trace_id, experiment_id, request_time, execution_duration, state, client_request_id,
      request_preview, response_preview, finalized, span_count)
    values (${claim.traceId}, ${claim.experimentId}, ${claim.requestTime}, ${claim.executionDuration}, ${claim.state},
      ${claim.clientRequestId}, ${preview(claim.requestPreview)}, ${preview(claim.responsePreview)}, ${finalized}, 0)
    on conflict (trace_id) do update set experiment_id = excluded.experiment_id,
      request_time = excluded.request_time, execution_duration = excluded.execution_duration, state = excluded.state,
      client_request_id = excluded.client_request_id, finalized = true,
      request_preview = coalesce(excluded.request_preview, t.request_preview),
      response_preview = coalesce(excluded.response_preview, t.response_preview)
    where t.experiment_id = excluded.experiment_id or not t.finalized
    returning span_count`.execute(trx);
  const [row] = rows;
  if (row === undefined) {
    throw new Problem("ALREADY_EXISTS", `Trace with ID '${claim.traceId}' belongs to another experiment.`);
  }
  await writeClaimValues(trx, claim.traceId, claim);
  const own = ownTags(location, claim.traceId, row.span_count > 0);
  await writeValues(trx, "trace_tags", [{ traceId: claim.traceId, values: own }]);
  await writeAssessments(trx, claim.traceId, claim.assessments, now);
}

async function writeClaimValues(
  trx: Database,
  traceId: string,
  { tags, metadata }: { readonly tags: Values; readonly metadata: Values },
): Promise<void> {
  const allowed = Object.entries(tags).filter(([key]) => !isOwnTag(key));
  await writeValues(trx, "trace_tags", [{ traceId, values: cut(allowed, traceLimits.tagLength) }]);
  const described = cut(Object.entries(metadata), traceLimits.metadataLength);
  await writeValues(trx, "trace_metadata", [{ traceId, values: described }]);
}

/** Keys and values of the length that they may have, as MLflow's server cuts them. */
const cut = (pairs: readonly (readonly [string, string])[], length: number): Values =>
  Object.fromEntries(
    pairs.map(([key, value]) => [
      key.slice(0, traceLimits.keyLength).toWellFormed(),
      value.slice(0, length).toWellFormed(),
    ]),
  );
