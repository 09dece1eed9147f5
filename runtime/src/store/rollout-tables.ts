import type { RolloutAction, RolloutSpec, RolloutState } from "@bedplate/contract";
import type { ColumnType, Generated } from "kysely";

/** Tables of rollouts, their changes and what replicas counted. */
export interface RolloutTables {
  rollouts: {
    sequence: Generated<number>;
    id: string;
    model: string;
    environment: string;
    spec: ColumnType<RolloutSpec, string, never>;
    state: RolloutState;
    revision: number;
    baseline: number;
    champion: number;
    position: number;
    position_since: number;
    reason: string | null;
    created_by: string;
    created_at: number;
    updated_at: number;
    ended_at: number | null;
  };
  rollout_changes: {
    sequence: Generated<number>;
    rollout_id: string;
    time: number;
    actor: string;
    action: RolloutAction;
    state: RolloutState;
    revision: number;
    position: number;
    champion: number;
    reason: string | null;
  };
  /** Sums over all replicas, a row for each version in each step. */
  rollout_counts: {
    rollout_id: string;
    position: number;
    version: number;
  } & Record<CountColumn, number>;
  rollout_latencies: { rollout_id: string; position: number; version: number; bucket: number; count: number };
}

/** What is added up. */
export const sumColumns = [
  "answers",
  "errors",
  "log_count",
  "log_sum",
  "log_squares",
  "outcomes",
  "outcome_sum",
  "outcome_squares",
  "compared",
  "failed",
  "dropped",
  "agreed",
  "rows",
  "rows_agreed",
  "unlike",
] as const;
/** Of what the largest counts. */
export const maxColumns = ["max_absolute", "max_relative"] as const;

export type CountColumn = (typeof sumColumns)[number] | (typeof maxColumns)[number];
