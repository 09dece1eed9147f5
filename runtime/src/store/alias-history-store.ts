import type { HistoryEntry, ModelHistory } from "@bedplate/contract";
import { type ExpressionBuilder, type Selectable, sql } from "kysely";
import { championBefore } from "../domain/champion-history.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

type Row = Selectable<Tables["registry_history"]>;

/** A model under the caller's lock. */
export interface LockedModel {
  readonly name: string;
  readonly history_id: string;
  readonly team: string;
}

interface Change {
  readonly actor: string;
  readonly time: number;
  readonly comment?: string | undefined;
}

interface AliasStep extends Change {
  readonly action: "set" | "rolled-back" | "deleted";
  readonly alias: string;
  readonly from: number | null;
  readonly to: number | null;
}

interface StageStep extends Change {
  readonly version: number;
  readonly from: string;
  readonly to: string;
}

/** Changes that a rollback looks back at. */
const rollbackDepth = 1_000;

const blank = {
  alias: null,
  version: null,
  from_version: null,
  to_version: null,
  from_stage: null,
  to_stage: null,
};

/** Writes a change of an alias down for good, in the transaction that makes it and under the model's lock. */
export async function recordAlias(trx: Database, model: LockedModel, step: AliasStep): Promise<void> {
  const { action, alias, from: from_version, to: to_version } = step;
  await record(trx, model, step, { ...blank, kind: "alias", action, alias, from_version, to_version });
}

/** Writes a change of a version's stage down, likewise. */
export async function recordStage(trx: Database, model: LockedModel, step: StageStep): Promise<void> {
  const { version, from: from_stage, to: to_stage } = step;
  await record(trx, model, step, { ...blank, kind: "stage", action: "set", version, from_stage, to_stage });
}

/** Clocks of several machines differ; a model's history never runs backwards, so that a moment has one answer. */
async function record(
  trx: Database,
  model: LockedModel,
  change: Change,
  what: Omit<Row, "sequence" | "time" | "actor" | "model_id" | "model" | "comment">,
): Promise<void> {
  const last = await trx
    .selectFrom("registry_history")
    .select("time")
    .where("model_id", "=", model.history_id)
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  const row = {
    ...what,
    time: Math.max(change.time, last?.time ?? 0),
    actor: change.actor,
    model_id: model.history_id,
    model: model.name,
    comment: change.comment ?? null,
  };
  await trx.insertInto("registry_history").values(row).execute();
}

/** The version that a rollback of an alias goes to; null when there is none. */
export async function rollbackTarget(
  db: Database,
  model: LockedModel,
  alias: string,
): Promise<number | null> {
  const rows = await db
    .selectFrom("registry_history as h")
    .select(["action", "to_version as to"])
    .where("model_id", "=", model.history_id)
    .where("alias", "=", alias)
    .orderBy("sequence", "desc")
    .limit(rollbackDepth)
    .execute();
  const versions = await db
    .selectFrom("model_versions")
    .select("version")
    .where("name", "=", model.name)
    .where("version", "in", [0, ...rows.flatMap(({ to }) => (to === null ? [] : [to]))])
    .execute();
  const existing = new Set(versions.map(({ version }) => version));
  return championBefore(rows.reverse(), (version) => existing.has(version));
}

/** What happened to a model: the one that has the name, and ones before it that are deleted. */
export function createHistoryStore(db: Database) {
  const of = (model: string) => (eb: ExpressionBuilder<Tables, "registry_history">) =>
    eb.or([
      eb("model_id", "=", eb.selectFrom("registered_models").select("history_id").where("name", "=", model)),
      eb.and([
        eb("model", "=", model),
        sql<boolean>`not exists (select 1 from registered_models m where m.history_id = registry_history.model_id)`,
      ]),
    ]);

  return {
    async page(model: string, page: { readonly before?: number | undefined; readonly limit: number }) {
      let query = db.selectFrom("registry_history").selectAll().where(of(model));
      if (page.before !== undefined) query = query.where("sequence", "<", page.before);
      const rows = await query
        .orderBy("sequence", "desc")
        .limit(page.limit + 1)
        .execute();
      const entries = rows.slice(0, page.limit).map(entryOf);
      const next = rows.length > page.limit ? (entries.at(-1)?.sequence ?? null) : null;
      return { model, entries, next } satisfies ModelHistory;
    },

    /** The change that decided which version an alias named at a moment; null when nothing had been set. */
    async at(model: string, alias: string, time: number): Promise<HistoryEntry | null> {
      const row = await db
        .selectFrom("registry_history")
        .selectAll()
        .where(of(model))
        .where("alias", "=", alias)
        .where("time", "<=", time)
        .orderBy("sequence", "desc")
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : entryOf(row);
    },
  };
}

function entryOf(row: Row): HistoryEntry {
  const { sequence, time, actor, model, comment } = row;
  const change = { sequence, time, actor, model, comment };
  if (row.kind === "alias") {
    const { action, alias, from_version: from, to_version: to } = row;
    return { ...change, kind: "alias", action, alias: alias ?? "", from, to };
  }
  const { version, from_stage, to_stage } = row;
  return { ...change, kind: "stage", version: version ?? 0, from: from_stage ?? "", to: to_stage ?? "" };
}
