import { type Kysely, sql } from "kysely";

/**
 * History of aliases and stages, approvals, promotion policies and the audit log. History and audit rows can be
 * added and never changed: the database itself refuses, whoever asks.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...history, ...approvals, ...audit, ...protection]) await statement.execute(db);
}

const history = [
  sql`alter table registered_models add column history_id uuid not null unique default gen_random_uuid()`,
  sql`create table registry_history (
    sequence bigint generated always as identity primary key,
    time bigint not null,
    actor text not null,
    model_id uuid not null,
    model text not null,
    kind text not null check (kind in ('alias', 'stage')),
    action text not null check (action in ('set', 'rolled-back', 'deleted')),
    alias text,
    version integer,
    from_version integer,
    to_version integer,
    from_stage text,
    to_stage text,
    comment text,
    check (kind <> 'alias' or (alias is not null and (to_version is null) = (action = 'deleted'))),
    check (kind <> 'stage' or (version is not null and from_stage is not null and to_stage is not null))
  )`,
  sql`create index registry_history_by_model on registry_history (model_id, sequence)`,
  sql`create index registry_history_by_name on registry_history (model, sequence)`,
  sql`insert into registry_history (time, actor, model_id, model, kind, action, alias, to_version, comment)
    select m.last_updated_time, 'bedplate', m.history_id, m.name, 'alias', 'set', a.alias, a.version,
      'It was so when history began; who did it, and when, is not known.'
    from model_aliases a join registered_models m on m.name = a.name order by a.name, a.alias`,
];

const approvals = [
  sql`create table version_approvals (
    id text primary key,
    name text not null,
    version integer not null,
    decision text not null check (decision in ('approve', 'reject')),
    reason text not null,
    actor text not null,
    time bigint not null,
    content text not null,
    withdrawn_by text,
    withdrawn_at bigint,
    foreign key (name, version) references model_versions on delete cascade on update cascade
  )`,
  sql`create unique index version_approvals_standing on version_approvals (name, version, actor)
    where withdrawn_at is null`,
  sql`create table promotion_policies (
    name text primary key references registered_models on delete cascade on update cascade,
    policy jsonb not null
  )`,
];

const audit = [
  sql`create table audit_log (
    sequence bigint primary key check (sequence > 0),
    time bigint not null,
    actor text not null,
    type text not null,
    subject text not null,
    data jsonb not null,
    previous text not null,
    hash text not null unique
  )`,
  sql`create table audit_head (
    id integer primary key default 1 check (id = 1),
    sequence bigint not null,
    hash text not null
  )`,
  sql`insert into audit_head (sequence, hash) values (0, ${sql.lit("0".repeat(64))})`,
];

const appendOnly = (table: string) => [
  sql`create trigger ${sql.id(`${table}_is_append_only`)} before update or delete on ${sql.id(table)}
    for each row execute function refuse_change()`,
  sql`create trigger ${sql.id(`${table}_is_not_emptied`)} before truncate on ${sql.id(table)}
    for each statement execute function refuse_change()`,
];

const protection = [
  sql`create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception 'rows of % are never changed', tg_table_name using errcode = 'restrict_violation';
    end $$`,
  ...appendOnly("registry_history"),
  ...appendOnly("audit_log"),
  sql`create function keep_audit_head() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' and new.sequence = old.sequence + 1 then return new; end if;
      raise exception 'the end of the audit log only moves on' using errcode = 'restrict_violation';
    end $$`,
  sql`create trigger audit_head_moves_on before update or delete on audit_head
    for each row execute function keep_audit_head()`,
  sql`create trigger audit_head_is_not_emptied before truncate on audit_head
    for each statement execute function refuse_change()`,
];
