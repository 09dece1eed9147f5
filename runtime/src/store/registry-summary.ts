import type { ModelSummary } from "@bedplate/contract";
import { sql } from "kysely";
import { Problem } from "../domain/problem.ts";
import type { Database } from "./database.ts";
import { isSeen, type Sight } from "./team-sight.ts";

/** A registered model as the console shows it, without what is served of it. */
export type RegisteredModelSummary = Omit<ModelSummary, "serving">;

const versionLimit = 100;

export const noModel = (name: string) =>
  new Problem("NOT_FOUND", `Registered Model with name=${name.slice(0, 200)} not found`);

interface Row {
  name: string;
  description: string;
  creation_time: number;
  last_updated_time: number;
}

/** Registered models in order of their names, after the given one. */
export async function listModels(
  db: Database,
  page: { readonly after?: string | null | undefined; readonly limit: number; readonly sight?: Sight },
): Promise<{ readonly models: readonly RegisteredModelSummary[]; readonly next: string | null }> {
  const rows = await db
    .selectFrom("registered_models")
    .selectAll()
    .where("name", ">", page.after ?? "")
    .where(isSeen(page.sight ?? null, "team"))
    .orderBy("name")
    .limit(page.limit + 1)
    .execute();
  const shown = rows.slice(0, page.limit);
  const next = rows.length > page.limit ? (shown.at(-1)?.name ?? null) : null;
  return { models: await summarize(db, shown), next };
}

/** One registered model. Throws NOT_FOUND. */
export async function summarizeModel(db: Database, name: string): Promise<RegisteredModelSummary> {
  const row = await db
    .selectFrom("registered_models")
    .selectAll()
    .where("name", "=", name)
    .executeTakeFirst();
  const [summary] = row === undefined ? [] : await summarize(db, [row]);
  if (summary === undefined) throw noModel(name);
  return summary;
}

async function summarize(db: Database, rows: readonly Row[]): Promise<readonly RegisteredModelSummary[]> {
  const names = rows.map((row) => row.name);
  if (names.length === 0) return [];
  const [versions, aliases] = await Promise.all([newestVersions(db, names), aliasesOf(db, names)]);
  return rows.map((row) => ({
    name: row.name,
    description: row.description,
    createdAt: row.creation_time,
    updatedAt: row.last_updated_time,
    versions: versions
      .filter((version) => version.name === row.name)
      .map(({ version, creation_time, run_id }) => ({
        version,
        createdAt: creation_time,
        runId: run_id === "" ? null : run_id,
        aliases: aliases
          .filter((alias) => alias.name === row.name && alias.version === version)
          .map(({ alias }) => alias),
      })),
  }));
}

async function newestVersions(db: Database, names: readonly string[]) {
  const { rows } = await sql<{ name: string; version: number; creation_time: number; run_id: string }>`
    select v.name, v.version, v.creation_time, v.run_id
    from unnest(${names}::text[]) as wanted(name)
    cross join lateral (
      select * from model_versions where name = wanted.name order by version desc limit ${versionLimit}
    ) as v order by v.name, v.version desc`.execute(db);
  return rows;
}

/** Aliases of models, in order. */
export async function aliasesOf(db: Database, names: readonly string[]) {
  if (names.length === 0) return [];
  return await db
    .selectFrom("model_aliases")
    .selectAll()
    .where("name", "in", names)
    .orderBy("alias")
    .execute();
}
