import { defaultTeam, type TrainingJob, type TrainingJobList, type TrainingState } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import { isFinal, requestCancel } from "../training/lifecycle.ts";
import type { Database } from "./database.ts";
import { keepQuota } from "./team-quota.ts";
import { isSeen, type Sight } from "./team-sight.ts";
import { createTrainingQueue } from "./training-queue-store.ts";
import {
  absent,
  announceState,
  type CompleteSpec,
  changeJob,
  columnsOf,
  jobOf,
  newJob,
  progressOf,
  type Row,
} from "./training-rows.ts";

const words: Partial<Record<TrainingState, string>> = {
  succeeded: "succeeded",
  failed: "failed",
  timed_out: "timed out",
};

/** Training jobs. Every change of a job's state is announced in the transaction that makes it. */
export function createTrainingStore(db: Database, clock: () => number) {
  async function find(id: string): Promise<Row> {
    const row = await db.selectFrom("training_jobs").selectAll().where("id", "=", id).executeTakeFirst();
    return row ?? absent(id);
  }

  async function count(states: readonly TrainingState[], sight: Sight = null): Promise<number> {
    const row = await db
      .selectFrom("training_jobs")
      .select((eb) => eb.fn.countAll().as("n"))
      .where("state", "in", states)
      .where(isSeen(sight, "team"))
      .executeTakeFirstOrThrow();
    return Number(row.n);
  }

  return {
    ...createTrainingQueue(db, clock),

    /** Throws QUEUE_FULL when as many jobs wait as may. */
    async submit(
      spec: CompleteSpec,
      actor: string,
      queueLimit: number,
      team: string = defaultTeam,
    ): Promise<TrainingJob> {
      const waiting = await count(["queued"]);
      if (waiting >= queueLimit) {
        throw new Problem(
          "QUEUE_FULL",
          `${waiting} jobs wait, which is the limit; try again when some have run.`,
        );
      }
      const row = newJob(spec, actor, team, clock());
      await db.transaction().execute(async (trx) => {
        await trx.insertInto("training_jobs").values(columnsOf(row)).execute();
        await keepQuota(trx, "waitingJobs", team);
        await announceState(trx, row.id, row.state, actor, clock());
      });
      return jobOf(row);
    },

    get: async (id: string): Promise<TrainingJob> => jobOf(await find(id)),

    /** Newest first; `before` is the id of the last job of the page before. */
    async list(page: {
      readonly before?: string | undefined;
      readonly limit: number;
      readonly sight?: Sight;
    }): Promise<TrainingJobList> {
      let query = db
        .selectFrom("training_jobs")
        .selectAll()
        .where(isSeen(page.sight ?? null, "team"))
        .orderBy("created_at", "desc")
        .orderBy("id");
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

    /** Throws CONFLICT for a job that ended by itself; cancelling twice is fine. */
    async cancel(id: string, actor: string): Promise<TrainingJob> {
      return await changeJob(db, clock, id, actor, (row) => {
        if (isFinal(row.state) && row.state !== "cancelled") {
          throw new Problem("CONFLICT", `The job has ended already: it ${words[row.state]}.`);
        }
        return requestCancel(progressOf(row));
      });
    },

    countActive: (sight?: Sight): Promise<number> => count(["queued", "running"], sight),

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
