import type { ClusterJob, TrainingState } from "@bedplate/contract";
import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { GovernanceTables } from "./governance-tables.ts";
import type { IdempotencyTables } from "./idempotency-tables.ts";
import type { LineageTables } from "./lineage-tables.ts";
import type { ModelProfileTables } from "./model-profile-tables.ts";
import type { PredictionTables } from "./prediction-tables.ts";
import type { RolloutTables } from "./rollout-tables.ts";
import type { TeamTables } from "./team-tables.ts";
import type { TraceTables } from "./trace-tables.ts";
import type { UploadTables } from "./upload-tables.ts";
import type { WebhookTables } from "./webhook-tables.ts";

type Lifecycle = "active" | "deleted";
interface Tag {
  key: string;
  value: string;
}

/** Every table, as rows. Times are milliseconds since 1970; the numbered migrations hold the definitions. */
export interface Tables
  extends LineageTables,
    GovernanceTables,
    RolloutTables,
    TeamTables,
    TraceTables,
    UploadTables,
    WebhookTables,
    IdempotencyTables,
    PredictionTables,
    ModelProfileTables {
  experiments: {
    experiment_id: Generated<number>;
    name: string;
    artifact_location: string;
    lifecycle_stage: Lifecycle;
    creation_time: number;
    last_update_time: number;
    team: Generated<string>;
  };
  experiment_tags: Tag & { experiment_id: number };
  runs: {
    run_id: string;
    experiment_id: number;
    name: string;
    user_id: string;
    status: string;
    start_time: number;
    end_time: number | null;
    lifecycle_stage: Lifecycle;
    artifact_uri: string;
  };
  run_tags: Tag & { run_id: string; experiment_id: number };
  run_params: Tag & { run_id: string; experiment_id: number };
  run_metrics: MetricRow;
  run_latest_metrics: MetricRow & { experiment_id: number };
  run_inputs: {
    run_id: string;
    dataset_name: string;
    dataset_digest: string;
    dataset: JSONColumnType<Record<string, unknown>>;
    tags: JSONColumnType<Tag[]>;
  };
  run_models: { run_id: string; model_id: string; direction: "input" | "output"; step: number };
  logged_models: {
    model_id: string;
    experiment_id: number;
    name: string;
    artifact_location: string;
    source_run_id: string;
    status: string;
    model_type: string;
    creation_time: number;
    last_updated_time: number;
    lifecycle_stage: Lifecycle;
  };
  logged_model_tags: Tag & { model_id: string };
  logged_model_params: Tag & { model_id: string };
  logged_model_metrics: MetricRow & { model_id: string; dataset_name: string; dataset_digest: string };
  registered_models: {
    name: string;
    description: string;
    creation_time: number;
    last_updated_time: number;
    /** Highest version number ever given; numbers are never given twice. */
    last_version: number;
    /** Whose history it is; stays when the model is renamed. */
    history_id: Generated<string>;
    team: Generated<string>;
  };
  registered_model_tags: Tag & { name: string };
  model_versions: {
    name: string;
    version: number;
    description: string;
    user_id: string;
    source: string;
    /** Folder of the version's files in the artifact store: its own once they are pinned. */
    artifact_path: string;
    /** Folder that it was registered from; empty where it is the same. */
    source_path: Generated<string>;
    run_id: string;
    run_link: string;
    status: string;
    stage: string;
    model_id: string;
    creation_time: number;
    last_updated_time: number;
  };
  model_version_tags: Tag & { name: string; version: number };
  model_aliases: { name: string; alias: string; version: number };
  artifacts: { path: string; digest: string; size: number; created_at: number };
  training_jobs: {
    id: string;
    name: string;
    state: TrainingState;
    command: JSONColumnType<string[]>;
    working_directory: string;
    environment: JSONColumnType<Record<string, string>>;
    timeout_ms: number;
    attempt: number;
    max_attempts: number;
    created_by: string;
    created_at: number;
    started_at: number | null;
    ended_at: number | null;
    exit_code: number | null;
    reason: string | null;
    cancel_requested: boolean;
    /** Which runtime process watches the job; set while it runs. */
    runner: string | null;
    team: Generated<string>;
    cluster: JSONColumnType<ClusterJob> | null;
  };
  events: {
    sequence: Generated<number>;
    id: string;
    type: string;
    subject: string;
    actor: string;
    time: number;
    data: ColumnType<Record<string, unknown>, string, never>;
    delivered_at: number | null;
    /** Whether a webhook could ask for it. */
    for_webhooks: Generated<boolean>;
    fanned_out: Generated<boolean>;
    /** Whose webhooks hear of it; null for the platform's own. */
    team: string | null;
  };
}

interface MetricRow {
  run_id: string;
  key: string;
  value: number;
  is_nan: boolean;
  step: number;
  timestamp: number;
}
