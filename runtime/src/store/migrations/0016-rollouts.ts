import { type Kysely, sql } from "kysely";

/** Rollouts, at most one under way for a model, with their changes and what replicas counted in each step. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

const states = sql`('running', 'paused', 'promoted', 'aborted', 'superseded')`;
const ofStep = sql`
    rollout_id text not null references rollouts (id) on delete cascade,
    position integer not null,
    version integer not null`;

const statements = [
  sql`create table rollouts (
    sequence bigint generated always as identity primary key,
    id text not null unique,
    model text not null references registered_models on delete cascade on update cascade,
    environment text not null,
    spec jsonb not null,
    state text not null check (state in ${states}),
    revision bigint not null,
    baseline integer not null,
    champion integer not null,
    position integer not null check (position >= 0),
    position_since bigint not null,
    reason text,
    created_by text not null,
    created_at bigint not null,
    updated_at bigint not null,
    ended_at bigint,
    check ((ended_at is null) = (state in ('running', 'paused')))
  )`,
  sql`create unique index rollouts_one_active on rollouts (model, environment) where ended_at is null`,
  sql`create index rollouts_by_model on rollouts (model, sequence desc)`,
  sql`create table rollout_changes (
    sequence bigint generated always as identity primary key,
    rollout_id text not null references rollouts (id) on delete cascade,
    time bigint not null,
    actor text not null,
    action text not null,
    state text not null check (state in ${states}),
    revision bigint not null,
    position integer not null,
    champion integer not null,
    reason text,
    unique (rollout_id, revision)
  )`,
  sql`create table rollout_counts (${ofStep},
    answers bigint not null default 0,
    errors bigint not null default 0,
    log_count bigint not null default 0,
    log_sum double precision not null default 0,
    log_squares double precision not null default 0,
    outcomes bigint not null default 0,
    outcome_sum double precision not null default 0,
    outcome_squares double precision not null default 0,
    compared bigint not null default 0,
    failed bigint not null default 0,
    dropped bigint not null default 0,
    agreed bigint not null default 0,
    rows bigint not null default 0,
    rows_agreed bigint not null default 0,
    unlike bigint not null default 0,
    max_absolute double precision not null default 0,
    max_relative double precision not null default 0,
    primary key (rollout_id, position, version)
  )`,
  sql`create table rollout_latencies (${ofStep},
    bucket integer not null,
    count bigint not null,
    primary key (rollout_id, position, version, bucket)
  )`,
];
