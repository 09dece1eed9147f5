import { type Kysely, sql } from "kysely";

/**
 * Webhooks and what is on its way to them. An event waits in `events` until it is fanned out to deliveries; a lane is
 * the queue of one webhook's deliveries about one subject, and who holds its lease may send.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`alter table events add column for_webhooks boolean not null default false`,
    sql`alter table events add column fanned_out boolean not null default false`,
    sql`create index events_to_fan_out on events (sequence) where for_webhooks and not fanned_out`,
    sql`create index events_for_webhooks on events (time) where for_webhooks`,
    sql`create table webhooks (
      webhook_id text primary key,
      name text not null,
      description text not null,
      url text not null,
      events jsonb not null,
      secret text,
      status text not null check (status in ('ACTIVE', 'DISABLED')),
      creation_timestamp bigint not null,
      last_updated_timestamp bigint not null
    )`,
    sql`create table webhook_deliveries (
      id text primary key,
      webhook_id text not null references webhooks on delete cascade,
      sequence bigint not null,
      event text not null,
      subject text not null,
      body text not null,
      state text not null check (state in ('pending', 'delivered', 'dead')),
      attempts integer not null,
      created_at bigint not null,
      updated_at bigint not null,
      status integer,
      error text,
      unique (webhook_id, sequence)
    )`,
    sql`create index webhook_deliveries_pending on webhook_deliveries (webhook_id, subject, sequence)
      where state = 'pending'`,
    sql`create index webhook_deliveries_finished on webhook_deliveries (updated_at) where state <> 'pending'`,
    sql`create table webhook_lanes (
      webhook_id text not null references webhooks on delete cascade,
      subject text not null,
      due_at bigint not null,
      lease_token text,
      lease_until bigint not null default 0,
      primary key (webhook_id, subject)
    )`,
    sql`create index webhook_lanes_due on webhook_lanes (webhook_id, due_at)`,
  ];
  for (const statement of statements) await statement.execute(db);
}
