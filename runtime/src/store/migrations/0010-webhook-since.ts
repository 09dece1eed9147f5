import { type Kysely, sql } from "kysely";

/** From which event on a webhook hears: what waited in the outbox when it was made is not for it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table webhooks add column after_sequence bigint not null default 0`.execute(db);
}
