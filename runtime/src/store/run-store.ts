import { randomUUID } from "node:crypto";
import { artifactUri, runFolder } from "../domain/artifact-uri.ts";
import type { RunStatus } from "../domain/mlflow-words.ts";
import { Problem } from "../domain/problem.ts";
import { nameRun } from "../domain/run-name.ts";
import { checkTag } from "../domain/tracking-limits.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import { loadRuns, type Run, type RunInfo } from "./run-rows.ts";
import { lockActiveRun, nameTag, noRun, writeRunTags } from "./run-tag-store.ts";
import { lastByKey, type Tag } from "./tags.ts";

const userTag = "mlflow.user";
const ended: readonly string[] = ["FINISHED", "FAILED", "KILLED"];

export interface NewRun {
  readonly experimentId: number;
  readonly name: string;
  readonly userId: string;
  readonly startTime: number | undefined;
  readonly tags: readonly Tag[];
  readonly actor: string;
}

export interface RunChange {
  readonly status?: RunStatus | undefined;
  readonly endTime?: number | undefined;
  readonly name?: string | undefined;
  readonly actor: string;
}

/** Runs and their life. */
export function createRunStore(db: Database, clock: () => number) {
  async function get(runId: string): Promise<Run> {
    const row = await db.selectFrom("runs").selectAll().where("run_id", "=", runId).executeTakeFirst();
    const [run] = row === undefined ? [] : await loadRuns(db, [row]);
    if (run === undefined) throw noRun(runId);
    return run;
  }

  async function setLifecycle(runId: string, lifecycle_stage: RunInfo["lifecycle_stage"]): Promise<void> {
    const changed = await db
      .updateTable("runs")
      .set({ lifecycle_stage })
      .where("run_id", "=", runId)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) throw noRun(runId);
  }

  return {
    get,
    delete: (runId: string) => setLifecycle(runId, "deleted"),
    restore: (runId: string) => setLifecycle(runId, "active"),

    async create(run: NewRun): Promise<Run> {
      for (const tag of run.tags) checkTag(tag);
      const runId = randomUUID().replaceAll("-", "");
      const name = chooseName(run, runId);
      const userId = run.userId || (run.tags.find((tag) => tag.key === userTag)?.value ?? "");
      const tags = [...run.tags, { key: nameTag, value: name }];
      const now = clock();
      const row = await db.transaction().execute(async (trx) => {
        const location = await activeExperiment(trx, run.experimentId);
        const inserted = await trx
          .insertInto("runs")
          .values({
            run_id: runId,
            experiment_id: run.experimentId,
            name,
            user_id: userId,
            status: "RUNNING",
            start_time: run.startTime ?? now,
            end_time: null,
            lifecycle_stage: "active",
            artifact_uri: artifactUri(runFolder(location, runId)),
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        await trx
          .insertInto("run_tags")
          .values(lastByKey(tags).map(({ key, value }) => ({ run_id: runId, key, value })))
          .execute();
        const data = { runId, experimentId: String(run.experimentId) };
        await announce(trx, {
          type: "dev.bedplate.run.created",
          subject: runId,
          actor: run.actor,
          time: now,
          data,
        });
        return inserted;
      });
      return {
        ...row,
        tags: lastByKey(tags),
        params: [],
        metrics: [],
        inputs: [],
        modelInputs: [],
        modelOutputs: [],
      };
    },

    async update(runId: string, change: RunChange): Promise<RunInfo> {
      return await db.transaction().execute(async (trx) => {
        await lockActiveRun(trx, runId);
        const before = await trx
          .selectFrom("runs")
          .selectAll()
          .where("run_id", "=", runId)
          .forUpdate()
          .executeTakeFirst();
        if (before === undefined) throw noRun(runId);
        const after = {
          status: change.status ?? before.status,
          end_time: change.endTime ?? before.end_time,
          name: change.name || before.name,
        };
        await trx.updateTable("runs").set(after).where("run_id", "=", runId).execute();
        if (after.name !== before.name) await writeRunTags(trx, runId, [{ key: nameTag, value: after.name }]);
        if (after.status !== before.status && ended.includes(after.status)) {
          const data = { runId, status: after.status };
          await announce(trx, {
            type: "dev.bedplate.run.finished",
            subject: runId,
            actor: change.actor,
            time: clock(),
            data,
          });
        }
        return { ...before, ...after };
      });
    },
  };
}

/** The artifact location of an experiment that takes runs. */
export async function activeExperiment(trx: Database, experimentId: number): Promise<string> {
  const experiment = await trx
    .selectFrom("experiments")
    .select(["artifact_location", "lifecycle_stage"])
    .where("experiment_id", "=", experimentId)
    .executeTakeFirst();
  if (experiment === undefined)
    throw new Problem("NOT_FOUND", `No Experiment with id=${experimentId} exists`);
  if (experiment.lifecycle_stage !== "active") {
    throw new Problem(
      "INVALID_REQUEST",
      `The experiment ${experimentId} must be in the 'active' state. Current state is ${experiment.lifecycle_stage}.`,
    );
  }
  return experiment.artifact_location;
}

function chooseName(run: NewRun, runId: string): string {
  const tagged = run.tags.find((tag) => tag.key === nameTag)?.value ?? "";
  if (run.name !== "" && tagged !== "" && run.name !== tagged) {
    throw new Problem(
      "INVALID_REQUEST",
      `Both 'run_name' and the tag '${nameTag}' were given, with different values: '${run.name}' and '${tagged}'. Give one.`,
    );
  }
  const name = run.name || tagged || nameRun(runId);
  checkTag({ key: nameTag, value: name });
  return name;
}
