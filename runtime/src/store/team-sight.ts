import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "./database.ts";

/** The team for whose members something is looked up; null for who sees every team. */
export type Sight = string | null;

const everything = sql<SqlBool>`true`;

/** Whether who asks may see the things of the team in a column: their own, and those of teams that are open to all. */
export function isSeen(sight: Sight, column: string): RawBuilder<SqlBool> {
  if (sight === null) return everything;
  const team = sql.ref(column);
  return sql<SqlBool>`(${team} = ${sight}::text
    or ${team} in (select name from teams where visibility = 'internal'))`;
}

/** The same of the registered model whose name is in a column. */
export function isModelSeen(sight: Sight, column: string): RawBuilder<SqlBool> {
  if (sight === null) return everything;
  return sql<SqlBool>`${sql.ref(column)} in
    (select seen.name from registered_models seen where ${isSeen(sight, "seen.team")})`;
}

/** The same of the experiment whose id is in a column. */
export function isExperimentSeen(sight: Sight, column: string): RawBuilder<SqlBool> {
  if (sight === null) return everything;
  return sql<SqlBool>`${sql.ref(column)} in
    (select seen.experiment_id from experiments seen where ${isSeen(sight, "seen.team")})`;
}

/** Those of some experiments that who asks may see. */
export async function seenExperiments(
  db: Database,
  sight: Sight,
  ids: readonly number[],
): Promise<readonly number[]> {
  if (sight === null || ids.length === 0) return ids;
  const { rows } = await sql<{ experiment_id: number }>`
    select experiment_id from experiments
    where experiment_id = any(${ids}::bigint[]) and ${isSeen(sight, "team")}`.execute(db);
  return rows.map((row) => row.experiment_id);
}
