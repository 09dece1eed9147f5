import { type Kysely, sql } from "kysely";

/** Training jobs, the event outbox, and the tokens of sessions and jobs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table training_jobs (
      id text primary key,
      name text not null,
      state text not null
        check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out')),
      command jsonb not null,
      working_directory text not null,
      environment jsonb not null,
      timeout_ms bigint not null check (timeout_ms > 0),
      attempt integer not null,
      max_attempts integer not null check (max_attempts > 0),
      created_by text not null,
      created_at bigint not null,
      started_at bigint,
      ended_at bigint,
      exit_code integer,
      reason text,
      cancel_requested boolean not null,
      runner text
    )`,
    sql`create index training_jobs_by_age on training_jobs (created_at desc, id)`,
    sql`create index training_jobs_active on training_jobs (created_at, id) where state in ('queued', 'running')`,
    sql`create table events (
      sequence bigint generated always as identity primary key,
      id text not null unique,
      type text not null,
      subject text not null,
      actor text not null,
      time bigint not null,
      data jsonb not null,
      delivered_at bigint
    )`,
    sql`create index events_pending on events (sequence) where delivered_at is null`,
    sql`create table access_tokens (
      hash text primary key,
      kind text not null check (kind in ('session', 'job')),
      name text not null,
      expires_at bigint not null
    )`,
    sql`create index access_tokens_by_expiry on access_tokens (expires_at)`,
  ];
  for (const statement of statements) await statement.execute(db);
}
