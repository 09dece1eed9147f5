import { type Kysely, sql } from "kysely";

/** Registered models, versions and aliases, and the artifact index over content-addressed blobs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    sql`create table registered_models (
      name text primary key,
      description text not null,
      creation_time bigint not null,
      last_updated_time bigint not null,
      last_version integer not null default 0
    )`,
    sql`create table registered_model_tags (
      name text not null references registered_models on delete cascade on update cascade,
      key text not null,
      value text not null,
      primary key (name, key)
    )`,
    sql`create table model_versions (
      name text not null references registered_models on delete cascade on update cascade,
      version integer not null check (version > 0),
      description text not null,
      user_id text not null,
      source text not null,
      artifact_path text not null,
      run_id text not null,
      run_link text not null,
      status text not null,
      stage text not null,
      model_id text not null,
      creation_time bigint not null,
      last_updated_time bigint not null,
      primary key (name, version)
    )`,
    sql`create table model_version_tags (
      name text not null,
      version integer not null,
      key text not null,
      value text not null,
      primary key (name, version, key),
      foreign key (name, version) references model_versions on delete cascade on update cascade
    )`,
    sql`create table model_aliases (
      name text not null,
      alias text not null,
      version integer not null,
      primary key (name, alias),
      foreign key (name, version) references model_versions on delete cascade on update cascade
    )`,
    sql`create index model_aliases_by_alias on model_aliases (alias)`,
    sql`create table artifacts (
      path text collate "C" primary key,
      digest text not null check (digest ~ '^[0-9a-f]{64}$'),
      size bigint not null check (size >= 0),
      created_at bigint not null
    )`,
    sql`create index artifacts_by_digest on artifacts (digest)`,
  ];
  for (const statement of statements) await statement.execute(db);
}
