import { randomUUID } from "node:crypto";
import type { TrainingJob, TrainingJobList, TrainingJobSpec, TrainingState } from "@bedplate/contract";
import type { Selectable } from "kysely";
import { Problem } from "../domain/problem.ts";
import { isFinal, type Progress, requestCancel, settle, start } from "../training/lifecycle.ts";
import type { AttemptOutcome } from "../training/outcome.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import type { Tables } from "./tables.ts";

type Row = Selectable<Tables["training_jobs"]>;

/** A job whose limits are all set. */
export type CompleteSpec = TrainingJobSpec & { readonly timeoutMs: number };

/** A running job with all that is needed to run it. */
export interface RunningJob {
  readonly id: string;
  readonly attempt: number;
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Who moves jobs on that nobody asked about. */
const dispatcherName = "dispatcher";

/** The durable queue of training jobs. Every change of a job's state is announced in the transaction that makes it. */
export function createTrainingStore(db: Database, clock: () => number) {
  async function find(id: string): Promise<Row> {
    const row = await db.selectFrom("training_jobs").selectAll().where("id", "=", id).executeTakeFirst();
    return row ?? absent(id);
  }

  /** Changes one job under its lock, and announces it when its state changed. */
  async function change(
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
      return next === null ? jobOf(row) : jobOf(await write(trx, row, next, actor, clock()));
    });
  }

  async function count(...states: TrainingState[]): Promise<number> {
    const row = await db
      .selectFrom("training_jobs")
      .select((eb) => eb.fn.countAll().as("n"))
      .where("state", "in", states)
      .executeTakeFirstOrThrow();
    return Number(row.n);
  }

  return {
    /** Throws QUEUE_FULL when as many jobs wait as may. */
    async submit(spec: CompleteSpec, actor: string, queueLimit: number): Promise<TrainingJob> {
      const waiting = await count("queued");
      if (waiting >= queueLimit) {
        throw new Problem(
          "QUEUE_FULL",
          `${waiting} jobs wait, which is the limit; try again when some have run.`,
        );
      }
      const row = newRow(spec, actor, clock());
      await db.transaction().execute(async (trx) => {
        const json = { command: JSON.stringify(row.command), environment: JSON.stringify(row.environment) };
        await trx
          .insertInto("training_jobs")
          .values({ ...row, ...json })
          .execute();
        await announceState(trx, row.id, row.state, actor, clock());
      });
      return jobOf(row);
    },

    get: async (id: string): Promise<TrainingJob> => jobOf(await find(id)),

    /** Newest first; `before` is the id of the last job of the page before. */
    async list(page: {
      readonly before?: string | undefined;
      readonly limit: number;
    }): Promise<TrainingJobList> {
      let query = db.selectFrom("training_jobs").selectAll().orderBy("created_at", "desc").orderBy("id");
      if (page.before !== undefined) {
        const { created_at, id } = await find(page.before);
        query = query.where((eb) =>
          eb.or([
            eb("created_at", "<", created_at),
            eb.and([eb("created_at", "=", created_at), eb("id", ">", id)]),
          ]),
        );
      }
      const rows = await query.limit(page.limit + 1).execute();
      const jobs = rows.slice(0, page.limit).map(jobOf);
      return { jobs, next: rows.length > page.limit ? (jobs.at(-1)?.id ?? null) : null };
    },

    /** Takes the oldest waiting jobs for a runner; two runners never get the same one. */
    async claim(runner: string, limit: number): Promise<readonly RunningJob[]> {
      return await db.transaction().execute(async (trx) => {
        const rows = await trx
          .selectFrom("training_jobs")
          .selectAll()
          .where("state", "=", "queued")
          .orderBy("created_at")
          .orderBy("id")
          .limit(limit)
          .forUpdate()
          .skipLocked()
          .execute();
        const claimed: RunningJob[] = [];
        for (const row of rows) {
          const next = await write(trx, { ...row, runner }, start(progressOf(row)), dispatcherName, clock());
          claimed.push(runningOf(next));
        }
        return claimed;
      });
    },

    /** What a runner has under way, from before it was restarted. */
    async running(runner: string): Promise<readonly RunningJob[]> {
      const rows = await db
        .selectFrom("training_jobs")
        .selectAll()
        .where("state", "=", "running")
        .where("runner", "=", runner)
        .execute();
      return rows.map(runningOf);
    },

    /** Which of these jobs somebody wants to end. */
    async toCancel(ids: readonly string[]): Promise<readonly string[]> {
      if (ids.length === 0) return [];
      const query = db.selectFrom("training_jobs").select("id").where("id", "in", ids);
      return (await query.where("cancel_requested", "=", true).execute()).map((row) => row.id);
    },

    /** Throws CONFLICT for a job that ended by itself; cancelling twice is fine. */
    async cancel(id: string, actor: string): Promise<TrainingJob> {
      return await change(id, actor, (row) => {
        if (isFinal(row.state) && row.state !== "cancelled") {
          throw new Problem("CONFLICT", `The job has ended already: it ${words[row.state]}.`);
        }
        return requestCancel(progressOf(row));
      });
    },

    /** Records how an attempt ended; one that was settled before, or that another runner has, is left alone. */
    async settle(job: RunningJob, runner: string, outcome: AttemptOutcome): Promise<TrainingJob> {
      return await change(job.id, dispatcherName, (row) => {
        const mine = row.state === "running" && row.attempt === job.attempt && row.runner === runner;
        return mine ? settle(progressOf(row), outcome) : null;
      });
    },

    countActive: (): Promise<number> => count("queued", "running"),

    async countByState(): Promise<ReadonlyMap<TrainingState, number>> {
      const rows = await db
        .selectFrom("training_jobs")
        .select(["state", (eb) => eb.fn.countAll().as("n")])
        .groupBy("state")
        .execute();
      return new Map(rows.map((row) => [row.state, Number(row.n)]));
    },
  };
}

export type TrainingStore = ReturnType<typeof createTrainingStore>;

const words: Partial<Record<TrainingState, string>> = {
  succeeded: "succeeded",
  failed: "failed",
  timed_out: "timed out",
};

function absent(id: string): never {
  throw new Problem("NOT_FOUND", `There is no training job "${id.slice(0, 100)}".`);
}

async function announceState(
  trx: Database,
  jobId: string,
  state: TrainingState,
  actor: string,
  time: number,
): Promise<void> {
  const data = { jobId, state };
  await announce(trx, { type: "dev.bedplate.training.changed", subject: jobId, actor, time, data });
}

async function write(trx: Database, row: Row, next: Progress, actor: string, now: number): Promise<Row> {
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

function newRow(spec: CompleteSpec, actor: string, now: number): Row {
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
  };
}

function progressOf(row: Row): Progress {
  return {
    state: row.state,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    cancelRequested: row.cancel_requested,
    exitCode: row.exit_code,
    reason: row.reason,
  };
}

function runningOf(row: Row): RunningJob {
  return {
    id: row.id,
    attempt: row.attempt,
    command: row.command,
    workingDirectory: row.working_directory,
    environment: row.environment,
    timeoutMs: row.timeout_ms,
  };
}

function jobOf(row: Row): TrainingJob {
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
  };
}
