import { type Kysely, sql } from "kysely";

/** How a job runs in a cluster; null for those that run as a process. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table training_jobs add column cluster jsonb`.execute(db);
}
