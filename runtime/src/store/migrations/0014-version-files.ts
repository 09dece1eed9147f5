import { type Kysely, sql } from "kysely";

const inFolder = sql`(a.path = v.artifact_path or (a.path >= v.artifact_path || '/' and a.path < v.artifact_path || '0'))`;
const pinned = sql`'model-versions/' || m.history_id || '/' || v.version`;
/** What approvals remember of files, over their paths as they are kept. */
const digestOf = (name: ReturnType<typeof sql>) => sql`encode(sha256(convert_to(coalesce(
  (select string_agg(${name} || ' ' || a.digest, chr(10) order by a.path) from artifacts a where ${inFolder}),
  ''), 'UTF8')), 'hex')`;

/**
 * A version's files are pinned in a folder of their own, which the database keeps from changing as long as the version
 * is there and empties when it is gone. Versions that are there already are pinned with the files that they have now.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    // Where the version was registered from, for lineage.
    sql`alter table model_versions add column source_path text not null default ''`,
    sql`update model_versions set source_path = artifact_path`,
    // From here on the digest is over paths below the version's folder, which pinning does not change.
    sql`update version_approvals p set content = ${digestOf(sql`substr(a.path, length(v.artifact_path) + 2)`)}
      from model_versions v
      where v.name = p.name and v.version = p.version and p.content = ${digestOf(sql`a.path`)}`,
    sql`insert into artifacts (path, digest, size, created_at)
      select ${pinned} || substr(a.path, length(v.artifact_path) + 1), a.digest, a.size, a.created_at
      from model_versions v join registered_models m on m.name = v.name join artifacts a on ${inFolder}`,
    sql`update model_versions v set artifact_path = ${pinned} from registered_models m
      where m.name = v.name and exists (select 1 from artifacts a where ${inFolder})`,
    sql`create index model_versions_by_folder on model_versions (artifact_path)`,
    sql`create function refuse_pinned_change() returns trigger language plpgsql as $$
      declare changed text := case when tg_op = 'INSERT' then new.path else old.path end;
      begin
        if exists (select 1 from model_versions where artifact_path =
          split_part(changed, '/', 1) || '/' || split_part(changed, '/', 2) || '/' || split_part(changed, '/', 3))
        then
          raise exception 'the files of a registered version are never changed' using errcode = 'restrict_violation';
        end if;
        return case when tg_op = 'DELETE' then old else new end;
      end $$`,
    sql`create trigger artifacts_are_not_changed_when_pinned before update or delete on artifacts
      for each row when (old.path >= 'model-versions/' and old.path < 'model-versions0')
      execute function refuse_pinned_change()`,
    sql`create trigger artifacts_are_not_added_when_pinned before insert on artifacts
      for each row when (new.path >= 'model-versions/' and new.path < 'model-versions0')
      execute function refuse_pinned_change()`,
    sql`create function forget_pinned_files() returns trigger language plpgsql as $$
      begin
        delete from artifacts where path = old.artifact_path
          or (path >= old.artifact_path || '/' and path < old.artifact_path || '0');
        return old;
      end $$`,
    sql`create trigger model_versions_forget_their_files after delete on model_versions
      for each row when (old.artifact_path like 'model-versions/%') execute function forget_pinned_files()`,
  ];
  for (const statement of statements) await statement.execute(db);
}
