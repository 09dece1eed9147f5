import { createHash } from "node:crypto";
import { defaultTeam, type LineageEdge, type LineageEvent, type LineageGraph } from "@bedplate/contract";
import { type Insertable, type RawBuilder, sql } from "kysely";
import { factsOf, fittingFacts, type LineageFacts } from "../domain/lineage-facts.ts";
import type { Database } from "./database.ts";
import { exploreGraph, type GraphQuery } from "./lineage-graph.ts";
import type { LineageTables } from "./lineage-tables.ts";

interface StoredEvent {
  readonly sequence: number;
  readonly event: Record<string, unknown>;
}

/** An event of our own; `key` is the same for the same change. */
export interface OwnEvent {
  readonly key: string;
  readonly event: LineageEvent;
  /** Whether the registry's own tables say the same, so that the graph has it already. */
  readonly known: boolean;
}

/** What an event of our own is about. */
export interface OwnThing {
  readonly kind: "run" | "job" | "model";
  readonly id: string;
}

/** OpenLineage events, received and our own, and the graph that they and the registry span. */
export function createLineageStore(db: Database, clock: () => number) {
  return {
    /** Keeps an event and what it adds to the graph; the same event twice is one. */
    async receive(event: LineageEvent, team: string = defaultTeam): Promise<void> {
      const facts = factsOf(event);
      await db.transaction().execute(async (trx) => {
        const isNew = await keep(trx, event, { key: digestOf(event, team), origin: "received" }, clock());
        if (isNew) await addFacts(trx, facts, team, clock());
      });
    },

    /** Keeps events of our own, which wait for delivery from then on; `of` is the thing whose team knows of them. */
    async emit(events: readonly OwnEvent[], of?: OwnThing): Promise<void> {
      await db.transaction().execute(async (trx) => {
        const team = of === undefined ? defaultTeam : await teamOf(trx, of);
        for (const { key, event, known } of events) {
          const isNew = await keep(trx, event, { key, origin: "emitted" }, clock());
          if (isNew && !known) await addFacts(trx, fittingFacts(event), team, clock());
        }
      });
    },

    graph: (query: GraphQuery): Promise<LineageGraph> => exploreGraph(db, query),

    /** The versions that were made from a run. */
    async versionsOf(runId: string): Promise<readonly { readonly name: string; readonly version: number }[]> {
      return await db
        .selectFrom("model_versions")
        .select(["name", "version"])
        .where("run_id", "=", runId)
        .where("run_id", "!=", "")
        .orderBy("name")
        .orderBy("version")
        .limit(versionsLimit)
        .execute();
    },

    /** Events of our own that were not delivered yet, oldest first. */
    async pending(limit: number): Promise<readonly StoredEvent[]> {
      return await db
        .selectFrom("lineage_events")
        .select(["sequence", "event"])
        .where("origin", "=", "emitted")
        .where("delivered_at", "is", null)
        .orderBy("sequence")
        .limit(limit)
        .execute();
    },

    /** Marks an event as done with; `refusal` is what the receiver said when it will never take it. */
    async settle(sequence: number, refusal: string | null): Promise<void> {
      await db
        .updateTable("lineage_events")
        .set({ delivered_at: clock(), refusal })
        .where("sequence", "=", sequence)
        .execute();
    },

    /** Forgets events that were recorded before the given time; the graph stays. */
    async forget(before: number): Promise<void> {
      await db.deleteFrom("lineage_events").where("recorded_at", "<", before).execute();
    },
  };
}

export type LineageStore = ReturnType<typeof createLineageStore>;

const versionsLimit = 100;

/** The same event of two teams is told twice, since neither sees what the other told. */
const digestOf = (event: LineageEvent, team: string) =>
  createHash("sha256")
    .update(`${team === defaultTeam ? "" : `${team} `}${JSON.stringify(event)}`)
    .digest("hex");

const owners: Readonly<Record<OwnThing["kind"], (id: string) => RawBuilder<{ team: string }>>> = {
  run: (id) => sql`select team from experiments join runs using (experiment_id) where run_id = ${id}`,
  job: (id) => sql`select team from training_jobs where id = ${id}`,
  model: (name) => sql`select team from registered_models where name = ${name}`,
};

/** Of what team a thing is; the default team's where it is gone. */
export async function teamOf(trx: Database, { kind, id }: OwnThing): Promise<string> {
  const { rows } = await owners[kind](id).execute(trx);
  return rows[0]?.team ?? defaultTeam;
}

interface Origin {
  readonly key: string;
  readonly origin: "received" | "emitted";
}

async function keep(
  trx: Database,
  event: LineageEvent,
  { key, origin }: Origin,
  now: number,
): Promise<boolean> {
  const stored = await trx
    .insertInto("lineage_events")
    .values({
      key,
      origin,
      event: storable(event),
      recorded_at: now,
      delivered_at: null,
      refusal: null,
    })
    .onConflict((conflict) => conflict.column("key").doNothing())
    .returning("sequence")
    .executeTakeFirst();
  return stored !== undefined;
}

async function addFacts(
  trx: Database,
  { nodes, edges }: LineageFacts,
  team: string,
  now: number,
): Promise<void> {
  // In one order everywhere, so that two writers never wait for each other.
  for (const [id, facts] of [...nodes].sort(([a], [b]) => (a < b ? -1 : 1)))
    await putNode(trx, { id, team, facts: storable(facts), updated_at: now });
  await linkNodes(trx, edges, team);
}

/** JSON for PostgreSQL, which holds neither U+0000 nor half of a surrogate pair. */
const storable = (value: unknown) =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "string" ? part.toWellFormed().replaceAll("\0", "\ufffd") : part,
  );

const finalStates = ["COMPLETE", "FAIL", "ABORT"];

/** A run that ended stays ended, in whatever order its events arrive. */
async function putNode(trx: Database, row: Insertable<LineageTables["lineage_nodes"]>): Promise<void> {
  await trx
    .insertInto("lineage_nodes")
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(["id", "team"]).doUpdateSet({
        facts: sql`case when lineage_nodes.facts->>'state' in (${sql.join(finalStates)})
          then excluded.facts || lineage_nodes.facts else lineage_nodes.facts || excluded.facts end`,
        updated_at: row.updated_at,
      }),
    )
    .execute();
}

/** Adds edges in the caller's transaction; those that are there already stay. */
export async function linkNodes(trx: Database, edges: readonly LineageEdge[], team: string): Promise<void> {
  if (edges.length === 0) return;
  const rows = [
    ...new Map(edges.map(({ from, to }) => [JSON.stringify([from, to]), { source: from, target: to, team }])),
  ]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row);
  await trx
    .insertInto("lineage_edges")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
