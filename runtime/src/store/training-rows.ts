import { randomUUID } from "node:crypto";
import type { ClusterJob, TrainingJob, TrainingJobSpec, TrainingState } from "@bedplate/contract";
import type { Selectable } from "kysely";
import { Problem } from "../domain/problem.ts";
import { isFinal, type Progress } from "../training/lifecycle.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import type { Tables } from "./tables.ts";

export type Row = Selectable<Tables["training_jobs"]>;

/** A job whose limits are all set. */
export type CompleteSpec = TrainingJobSpec & { readonly timeoutMs: number };

/** A running job with all that is needed to run it. */
export interface RunningJob {
  readonly id: string;
  readonly name: string;
  readonly team: string;
  readonly attempt: number;
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly cluster: ClusterJob | null;
}

export function absent(id: string): never {
  throw new Problem("NOT_FOUND", `There is no training job "${id.slice(0, 100)}".`);
}

export async function announceState(
  trx: Database,
  jobId: string,
  state: TrainingState,
  actor: string,
  time: number,
): Promise<void> {
  const data = { jobId, state };
  await announce(trx, { type: "dev.bedplate.training.changed", subject: jobId, actor, time, data });
}

export async function writeProgress(
  trx: Database,
  row: Row,
  next: Progress,
  actor: string,
  now: number,
): Promise<Row> {
  const changed = next.state !== row.state;
  const values = {
    state: next.state,
    attempt: next.attempt,
    cancel_requested: next.cancelRequested,
    exit_code: next.exitCode,
    reason: next.reason,
    runner: next.state === "running" ? row.runner : null,
    started_at: changed && next.state === "running" ? now : row.started_at,
    ended_at: changed && isFinal(next.state) ? now : row.ended_at,
  };
  await trx.updateTable("training_jobs").set(values).where("id", "=", row.id).execute();
  if (changed) await announceState(trx, row.id, next.state, actor, now);
  return { ...row, ...values };
}

export function newJob(spec: CompleteSpec, actor: string, team: string, now: number): Row {
  return {
    id: randomUUID(),
    name: spec.name,
    state: "queued",
    command: spec.command,
    working_directory: spec.workingDirectory,
    environment: spec.environment,
    timeout_ms: spec.timeoutMs,
    attempt: 0,
    max_attempts: spec.maxAttempts,
    created_by: actor,
    created_at: now,
    started_at: null,
    ended_at: null,
    exit_code: null,
    reason: null,
    cancel_requested: false,
    runner: null,
    team,
    cluster: spec.cluster ?? null,
  };
}

/** A new job as it is written: what is JSON, as text. */
export function columnsOf(row: Row) {
  return {
    ...row,
    command: JSON.stringify(row.command),
    environment: JSON.stringify(row.environment),
    cluster: row.cluster === null ? null : JSON.stringify(row.cluster),
  };
}

export function progressOf(row: Row): Progress {
  return {
    state: row.state,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    cancelRequested: row.cancel_requested,
    exitCode: row.exit_code,
    reason: row.reason,
  };
}

export function runningOf(row: Row): RunningJob {
  return {
    id: row.id,
    name: row.name,
    team: row.team,
    attempt: row.attempt,
    cluster: row.cluster,
    command: row.command,
    workingDirectory: row.working_directory,
    environment: row.environment,
    timeoutMs: row.timeout_ms,
  };
}

export function jobOf(row: Row): TrainingJob {
  return {
    ...progressOf(row),
    id: row.id,
    name: row.name,
    command: row.command,
    workingDirectory: row.working_directory,
    timeoutMs: row.timeout_ms,
    createdBy: row.created_by,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    cluster: row.cluster,
  };
}

/** Changes one job under its lock, and announces it when its state changed. */
export async function changeJob(
  db: Database,
  clock: () => number,
  id: string,
  actor: string,
  apply: (row: Row) => Progress | null,
): Promise<TrainingJob> {
  return await db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom("training_jobs")
      .selectAll()
      .where("id", "=", id)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) return absent(id);
    const next = apply(row);
    return next === null ? jobOf(row) : jobOf(await writeProgress(trx, row, next, actor, clock()));
  });
}
