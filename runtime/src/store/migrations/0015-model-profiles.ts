import { type Kysely, sql } from "kysely";

/** What was measured of model files before they were served, on each kind of machine. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table model_profiles (
    digest text not null,
    machine text not null,
    profile text not null,
    measured_at bigint not null,
    primary key (digest, machine)
  )`.execute(db);
  await sql`create index model_profiles_by_time on model_profiles (measured_at)`.execute(db);
}
