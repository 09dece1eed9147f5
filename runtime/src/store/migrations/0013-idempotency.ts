import { type Kysely, sql } from "kysely";

/** Answers to requests that carried an Idempotency-Key, so that a retry gets the same one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    // A row is written in the transaction of what it answers for, so that neither is ever there without the other.
    sql`create table idempotency_keys (
      hash text primary key,
      owner text not null,
      fingerprint text not null,
      status integer not null,
      answer text not null,
      expires_at bigint not null
    )`,
    sql`create index idempotency_keys_by_owner on idempotency_keys (owner, expires_at)`,
    sql`create index idempotency_keys_by_expiry on idempotency_keys (expires_at)`,
  ];
  for (const statement of statements) await statement.execute(db);
}
