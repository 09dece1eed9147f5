import { type Kysely, sql } from "kysely";

/**
 * Teams, what belongs to them, and personal tokens. All that is there already belongs to the team "default". Sessions
 * did not say who may do what, so they end here.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...teams, ...belongings, ...lineage, ...tokens]) await statement.execute(db);
}

const teams = [
  sql`create table teams (
    name text primary key,
    title text not null,
    visibility text not null check (visibility in ('private', 'internal')),
    approvals integer not null check (approvals >= 0),
    four_eyes boolean not null,
    quotas jsonb not null,
    created_at bigint not null
  )`,
  sql`insert into teams values ('default', '', 'private', 0, true, '{}', 0)`,
];

const belongings = [
  ...["experiments", "registered_models", "training_jobs"].map(
    (table) =>
      sql`alter table ${sql.id(table)} add column team text not null default 'default' references teams`,
  ),
  // Null for the whole platform's, which hear of every team, as all that are there do.
  sql`alter table webhooks add column team text references teams`,
  sql`create index experiments_by_team on experiments (team)`,
  sql`create index registered_models_by_team on registered_models (team)`,
  sql`create index training_jobs_by_team on training_jobs (team, created_at desc, id)`,
  // Null for what is the platform's own, of which no team's webhook hears.
  sql`alter table events add column team text default 'default'`,
  sql`alter table events alter column team drop default`,
];

/** Each team has its own view of what is in no team's keeping: data sets and jobs of other systems. */
const lineage = [
  sql`alter table lineage_nodes add column team text not null default 'default'`,
  sql`alter table lineage_nodes drop constraint lineage_nodes_pkey`,
  sql`alter table lineage_nodes add primary key (id, team)`,
  sql`alter table lineage_edges add column team text not null default 'default'`,
  sql`alter table lineage_edges drop constraint lineage_edges_pkey`,
  sql`alter table lineage_edges add primary key (source, target, team)`,
];

const tokens = [
  sql`create table personal_tokens (
    id text primary key,
    hash text not null unique,
    user_name text not null,
    title text not null,
    team text references teams on delete cascade,
    role text not null check (role in ('viewer', 'contributor', 'approver', 'operator', 'admin')),
    created_by text not null,
    created_at bigint not null,
    expires_at bigint not null,
    last_used_at bigint
  )`,
  sql`create index personal_tokens_by_user on personal_tokens (user_name)`,
  sql`create index personal_tokens_by_expiry on personal_tokens (expires_at)`,
  sql`delete from access_tokens where kind = 'session'`,
  sql`alter table access_tokens add column team text references teams on delete cascade`,
  sql`alter table access_tokens add column role text
    check (role in ('viewer', 'contributor', 'approver', 'operator', 'admin'))`,
  sql`alter table access_tokens add column token_id text references personal_tokens on delete cascade`,
  sql`alter table access_tokens add check (kind <> 'session' or role is not null)`,
];
