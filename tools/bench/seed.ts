import pg from "pg";

/** What a search is measured over. */
export interface SearchSeed {
  readonly experiments: number;
  readonly runsOfEach: number;
}

const firstExperiment = 1_000;
/** The experiment that the first seeded one became. */
export const seededExperiment = (at: number): string => String(firstExperiment + at);

/** Runs one after another, so that a seed is either there whole or not at all. */
async function inTransaction(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("begin");
    // Without looking up every row's run again; what is written here is right by how it is made.
    await client.query("set local session_replication_role = replica");
    for (const statement of statements) await client.query(statement);
    await client.query("commit");
    await client.query("vacuum analyze");
    // Else the server writes the seed to disk while it is measured.
    await client.query("checkpoint");
  } finally {
    await client.end();
  }
}

/** Every run by number: its experiment, its id and when it started. */
const runs = ({ experiments, runsOfEach }: SearchSeed) => `
  select n, ${firstExperiment} + n % ${experiments} as experiment_id, md5('run ' || n) as run_id,
    1700000000000 + n::bigint * 1000 as started
  from generate_series(1, ${experiments * runsOfEach}) as n`;

/** Of a run: three metrics, three params and two tags. Values come from a hash, so that they are the same every time. */
const hash = (what: string) => `(hashint4extended(s.n, ${what}) & 1048575)`;
const metrics = `(values
  ('accuracy', ${hash("1")} / 1048576.0), ('loss', ${hash("2")} / 104857.6), ('auc', ${hash("3")} / 1048576.0)
) as m(key, value)`;
const params = `(values
  ('learning_rate', (array['0.1', '0.01', '0.001', '0.0001'])[1 + ${hash("4")} % 4]),
  ('depth', (${hash("5")} % 32)::text), ('seed', ${hash("6")}::text)
) as p(key, value)`;
const tags = `(values
  ('mlflow.runName', 'run-' || s.n), ('team', 'team-' || ${hash("7")} % 200)
) as t(key, value)`;

/** Fills our tables with finished runs. */
export async function seedOurs(url: string, seed: SearchSeed): Promise<void> {
  await inTransaction(url, [
    `insert into experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
      select ${firstExperiment} + n, 'search ' || n, 'mlflow-artifacts:/' || ${firstExperiment} + n, 'active', 0, 0
      from generate_series(0, ${seed.experiments - 1}) as n`,
    `insert into runs
      (run_id, experiment_id, name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri)
      select run_id, experiment_id, 'run-' || n, 'bench', 'FINISHED', started, started + 60000, 'active',
        'mlflow-artifacts:/' || experiment_id || '/' || run_id || '/artifacts' from (${runs(seed)}) as s`,
    `insert into run_latest_metrics (run_id, experiment_id, key, value, is_nan, step, timestamp)
      select run_id, experiment_id, key, value, false, 10, started from (${runs(seed)}) as s cross join lateral ${metrics}`,
    `insert into run_params (run_id, experiment_id, key, value)
      select run_id, experiment_id, key, value from (${runs(seed)}) as s cross join lateral ${params}`,
    `insert into run_tags (run_id, experiment_id, key, value)
      select run_id, experiment_id, key, value from (${runs(seed)}) as s cross join lateral ${tags}`,
  ]);
}

/** The same runs in the tables of MLflow's own store (mlflow/store/tracking/dbmodels/models.py). */
export async function seedMlflow(url: string, seed: SearchSeed): Promise<void> {
  await inTransaction(url, [
    `insert into experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
      select ${firstExperiment} + n, 'search ' || n, 'mlflow-artifacts:/' || ${firstExperiment} + n, 'active', 0, 0
      from generate_series(0, ${seed.experiments - 1}) as n`,
    `insert into runs (run_uuid, name, source_type, source_name, entry_point_name, source_version, user_id, status,
        start_time, end_time, lifecycle_stage, artifact_uri, experiment_id)
      select run_id, 'run-' || n, 'UNKNOWN', '', '', '', 'bench', 'FINISHED', started, started + 60000, 'active',
        'mlflow-artifacts:/' || experiment_id || '/' || run_id || '/artifacts', experiment_id
      from (${runs(seed)}) as s`,
    `insert into latest_metrics (run_uuid, key, value, is_nan, step, timestamp)
      select run_id, key, value, false, 10, started from (${runs(seed)}) as s cross join lateral ${metrics}`,
    `insert into params (run_uuid, key, value)
      select run_id, key, value from (${runs(seed)}) as s cross join lateral ${params}`,
    `insert into tags (run_uuid, key, value)
      select run_id, key, value from (${runs(seed)}) as s cross join lateral ${tags}`,
  ]);
}

const models = (count: number) => `generate_series(1, ${count}) as n`;
const versionsOfEach = "generate_series(1, 3) as v";

/** Registered models with three versions and a tag each. */
export async function seedOurRegistry(url: string, count: number): Promise<void> {
  await inTransaction(url, [
    `insert into registered_models (name, description, creation_time, last_updated_time, last_version)
      select 'model-' || n, 'seeded', n, n, 3 from ${models(count)}`,
    `insert into registered_model_tags (name, key, value) select 'model-' || n, 'team', 'team-' || n % 20 from ${models(count)}`,
    `insert into model_versions (name, version, description, user_id, source, artifact_path, run_id, run_link, status,
        stage, model_id, creation_time, last_updated_time)
      select 'model-' || n, v, '', 'bench', 'mlflow-artifacts:/1/m', '1/m', '', '', 'READY', 'None', '', n, n
      from ${models(count)}, ${versionsOfEach}`,
  ]);
}

/** The same in MLflow's own tables (mlflow/store/model_registry/dbmodels/models.py). */
export async function seedMlflowRegistry(url: string, count: number): Promise<void> {
  await inTransaction(url, [
    `insert into registered_models (name, description, creation_time, last_updated_time)
      select 'model-' || n, 'seeded', n, n from ${models(count)}`,
    `insert into registered_model_tags (name, key, value) select 'model-' || n, 'team', 'team-' || n % 20 from ${models(count)}`,
    `insert into model_versions (name, version, description, user_id, source, run_id, run_link, status, status_message,
        current_stage, creation_time, last_updated_time)
      select 'model-' || n, v, '', 'bench', 'mlflow-artifacts:/1/m', '', '', 'READY', '', 'None', n, n
      from ${models(count)}, ${versionsOfEach}`,
  ]);
}
