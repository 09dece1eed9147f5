import { type Kysely, sql } from "kysely";

/** What the object store holds, so that what nothing refers to can be told from what does; and uploads in parts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    // A new generation is a new life of the same bytes: who saw an older one may not refer to this one.
    sql`create table blobs (
      digest text primary key,
      size bigint not null,
      generation bigint generated always as identity,
      touched_at bigint not null
    )`,
    sql`create index blobs_by_touch on blobs (touched_at)`,
    sql`insert into blobs (digest, size, touched_at)
      select digest, max(size), max(created_at) from artifacts group by digest`,
    sql`create table uploads (
      id text primary key,
      kind text not null check (kind in ('parts', 'direct')),
      path text not null,
      part_count integer not null,
      ticket_hash text unique,
      created_by text not null,
      expires_at bigint not null,
      digest text
    )`,
    sql`create index uploads_by_expiry on uploads (expires_at)`,
    sql`create index uploads_direct on uploads (path) where kind = 'direct' and digest is null`,
    sql`create table upload_parts (
      upload_id text not null references uploads on delete cascade,
      number integer not null,
      digest text not null,
      size bigint not null,
      stored_at bigint not null,
      primary key (upload_id, number)
    )`,
    sql`create index upload_parts_by_digest on upload_parts (digest)`,
  ];
  for (const statement of statements) await statement.execute(db);
}
