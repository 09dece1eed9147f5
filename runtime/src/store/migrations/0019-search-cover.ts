import { type Kysely, sql } from "kysely";

/**
 * The indexes that lead to runs by what was logged hold the run too, so that matches are counted and gathered without
 * reading their rows, which lie scattered. Values of params and tags longer than 250 characters are left out, because an
 * index entry has a limit: a key of 250 characters and such a value stay below it in any script.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index run_latest_metrics_by_value`.execute(db);
  await sql`create index run_latest_metrics_by_value on run_latest_metrics (experiment_id, key, value)
    include (run_id) where not is_nan`.execute(db);
  for (const table of ["run_params", "run_tags"]) {
    const index = sql.id(`${table}_by_value`);
    await sql`drop index ${index}`.execute(db);
    await sql`create index ${index} on ${sql.id(table)} (experiment_id, key, value)
      include (run_id) where char_length(value) <= 250`.execute(db);
  }
}
