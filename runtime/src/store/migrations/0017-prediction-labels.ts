import { type Kysely, sql } from "kysely";

/** What turned out to be true of predictions, by the id of their request. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table prediction_labels (
    history_id uuid not null,
    request_id text not null,
    label text not null,
    observed_at bigint not null,
    labelled_at bigint not null,
    primary key (history_id, request_id)
  )`.execute(db);
  await sql`create index prediction_labels_by_time on prediction_labels (labelled_at)`.execute(db);
}
