import { type Kysely, sql } from "kysely";

/**
 * What a search reads carries its experiment, so that an index leads to the runs of one experiment by a metric's value,
 * a param or a tag. Values of params and tags are indexed by their beginning: an index entry has a limit, they have none.
 * Metrics follow their run by a trigger: a foreign key would be looked at for each of a batch's thousand rows, which are
 * written only under a lock on the run itself.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...columns, ...belongings, ...indexes]) await statement.execute(db);
}

const columns = ["run_latest_metrics", "run_params", "run_tags"].flatMap((table) => [
  sql`alter table ${sql.id(table)} add column experiment_id bigint`,
  sql`update ${sql.id(table)} as x set experiment_id = r.experiment_id from runs r where r.run_id = x.run_id`,
  sql`alter table ${sql.id(table)} alter column experiment_id set not null`,
]);

const belongings = [
  ...["run_metrics", "run_latest_metrics"].flatMap((table) => [
    sql`alter table ${sql.id(table)} drop constraint ${sql.id(`${table}_run_id_fkey`)}`,
  ]),
  sql`create function delete_metrics_of_run() returns trigger language plpgsql as $$
    begin
      delete from run_metrics where run_id = old.run_id;
      delete from run_latest_metrics where run_id = old.run_id;
      return null;
    end $$`,
  sql`create trigger runs_take_their_metrics_along after delete on runs
    for each row execute function delete_metrics_of_run()`,
];

const indexes = [
  sql`create index run_latest_metrics_by_value on run_latest_metrics (experiment_id, key, value) where not is_nan`,
  sql`create index run_params_by_value on run_params (experiment_id, key, left(value, 100))`,
  sql`create index run_tags_by_value on run_tags (experiment_id, key, left(value, 100))`,
];
