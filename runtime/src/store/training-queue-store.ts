import type { TrainingJob } from "@bedplate/contract";
import { settle, start } from "../training/lifecycle.ts";
import type { AttemptOutcome } from "../training/outcome.ts";
import type { Database } from "./database.ts";
import { changeJob, progressOf, type RunningJob, runningOf, writeProgress } from "./training-rows.ts";

/** Who moves jobs on that nobody asked about. */
const dispatcherName = "dispatcher";

/** The queue of training jobs as a runner sees it: what it takes, what it has, how it ended. */
export function createTrainingQueue(db: Database, clock: () => number) {
  return {
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
          const next = await writeProgress(
            trx,
            { ...row, runner },
            start(progressOf(row)),
            dispatcherName,
            clock(),
          );
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

    /** Says what an attempt under way waits for; null when for nothing. */
    async note(job: RunningJob, runner: string, reason: string | null): Promise<void> {
      await db
        .updateTable("training_jobs")
        .set({ reason })
        .where("id", "=", job.id)
        .where("attempt", "=", job.attempt)
        .where("runner", "=", runner)
        .where("state", "=", "running")
        .where("reason", "is distinct from", reason)
        .execute();
    },

    /** Records how an attempt ended; one that was settled before, or that another runner has, is left alone. */
    async settle(job: RunningJob, runner: string, outcome: AttemptOutcome): Promise<TrainingJob> {
      return await changeJob(db, clock, job.id, dispatcherName, (row) => {
        const mine = row.state === "running" && row.attempt === job.attempt && row.runner === runner;
        return mine ? settle(progressOf(row), outcome) : null;
      });
    },
  };
}
