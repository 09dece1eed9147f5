import { type Kysely, sql } from "kysely";

/** Model signatures, what people write on model cards, and the lineage graph with its events. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table model_signatures (
      name text not null,
      version integer not null,
      key_id text not null,
      origin text not null check (origin in ('platform', 'uploaded')),
      bundle text not null,
      created_by text not null,
      created_at bigint not null,
      primary key (name, version, key_id),
      foreign key (name, version) references model_versions on delete cascade on update cascade
    )`,
    sql`create table model_cards (
      name text not null,
      version integer not null,
      sections jsonb not null,
      written_by text not null,
      written_at bigint not null,
      primary key (name, version),
      foreign key (name, version) references model_versions on delete cascade on update cascade
    )`,
    sql`create table lineage_events (
      sequence bigint generated always as identity primary key,
      key text not null unique,
      origin text not null check (origin in ('received', 'emitted')),
      event jsonb not null,
      recorded_at bigint not null,
      delivered_at bigint,
      refusal text
    )`,
    sql`create index lineage_events_pending on lineage_events (sequence)
      where origin = 'emitted' and delivered_at is null`,
    sql`create index lineage_events_by_age on lineage_events (recorded_at)`,
    sql`create table lineage_nodes (
      id text primary key,
      facts jsonb not null,
      updated_at bigint not null
    )`,
    sql`create table lineage_edges (
      source text not null,
      target text not null,
      primary key (source, target)
    )`,
    sql`create index lineage_edges_by_target on lineage_edges (target)`,
    sql`create index model_versions_by_run on model_versions (run_id) where run_id != ''`,
  ];
  for (const statement of statements) await statement.execute(db);
}
