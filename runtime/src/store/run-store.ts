import { randomUUID } from "node:crypto";
import { artifactUri, runFolder } from "../domain/artifact-uri.ts";
import { Problem } from "../domain/problem.ts";
import { nameRun } from "../domain/run-name.ts";
import { checkTag, trackingLimits } from "../domain/tracking-limits.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import { type LogModels, loadRuns, type Run, type RunInfo, type RunInput } from "./run-rows.ts";
import { lastByKey, type Tag } from "./tags.ts";

export const runStatuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;
export type RunStatus = (typeof runStatuses)[number];

const nameTag = "mlflow.runName";
const historyTag = "mlflow.log-model.history";
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

export const noRun = (runId: string) =>
  new Problem("NOT_FOUND", `Run with id=${runId.slice(0, 100)} not found`);

/** Keeps a run from being deleted while the caller's transaction writes to it. */
export async function lockActiveRun(trx: Database, runId: string): Promise<void> {
  const run = await trx
    .selectFrom("runs")
    .select("lifecycle_stage")
    .where("run_id", "=", runId)
    .forKeyShare()
    .executeTakeFirst();
  if (run === undefined) throw noRun(runId);
  if (run.lifecycle_stage !== "active") {
    throw new Problem(
      "INVALID_REQUEST",
      `The run ${runId} must be in the 'active' state. Current state is ${run.lifecycle_stage}.`,
    );
  }
}

/** Sets tags of a run; the tag of its name is its name. */
export async function writeRunTags(trx: Database, runId: string, tags: readonly Tag[]): Promise<void> {
  if (tags.length === 0) return;
  const rows = lastByKey(tags);
  await trx
    .insertInto("run_tags")
    .values(rows.map(({ key, value }) => ({ run_id: runId, key, value })))
    .onConflict((conflict) =>
      conflict.columns(["run_id", "key"]).doUpdateSet({ value: (eb) => eb.ref("excluded.value") }),
    )
    .execute();
  const name = rows.find((tag) => tag.key === nameTag)?.value;
  if (name !== undefined) await trx.updateTable("runs").set({ name }).where("run_id", "=", runId).execute();
}

/** Runs: their life, tags, inputs and outputs. */
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

    async setTag(runId: string, tag: Tag): Promise<void> {
      checkTag(tag);
      await db.transaction().execute(async (trx) => {
        await lockActiveRun(trx, runId);
        await writeRunTags(trx, runId, [tag]);
      });
    },

    async deleteTag(runId: string, key: string): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await lockActiveRun(trx, runId);
        const deleted = await trx
          .deleteFrom("run_tags")
          .where("run_id", "=", runId)
          .where("key", "=", key)
          .executeTakeFirst();
        if (deleted.numDeletedRows === 0n) {
          throw new Problem("NOT_FOUND", `No tag with name: ${key.slice(0, 200)} in run with id ${runId}`);
        }
      });
    },

    /** Keeps what old clients tell about a model in a tag, the newest last; the oldest go when the tag is full. */
    async rememberModel(runId: string, modelJson: string): Promise<void> {
      const told = parseJson(modelJson);
      await db.transaction().execute(async (trx) => {
        await lockActiveRun(trx, runId);
        const before = await trx
          .selectFrom("run_tags")
          .select("value")
          .where("run_id", "=", runId)
          .where("key", "=", historyTag)
          .executeTakeFirst();
        const history = [...readHistory(before?.value), told];
        while (JSON.stringify(history).length > trackingLimits.tagLength && history.length > 0)
          history.shift();
        await writeRunTags(trx, runId, [{ key: historyTag, value: JSON.stringify(history) }]);
      });
    },

    /** Records data sets that a run reads, and models that it reads or makes; what is recorded already stays as it is. */
    async logModels(runId: string, { datasets, models, direction }: LogModels): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await lockActiveRun(trx, runId);
        if (datasets.length > 0) await writeInputs(trx, runId, datasets);
        for (const { modelId, step } of models) {
          const row = { run_id: runId, model_id: modelId, direction, step };
          await requireModel(trx, modelId);
          await trx
            .insertInto("run_models")
            .values(row)
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }
      });
    },
  };
}

async function requireModel(trx: Database, modelId: string): Promise<void> {
  const model = await trx
    .selectFrom("logged_models")
    .select("model_id")
    .where("model_id", "=", modelId)
    .executeTakeFirst();
  if (model === undefined)
    throw new Problem("NOT_FOUND", `Logged model with ID '${modelId.slice(0, 100)}' not found.`);
}

async function writeInputs(trx: Database, runId: string, inputs: readonly RunInput[]): Promise<void> {
  const rows = inputs.map(({ dataset, tags }) => ({
    run_id: runId,
    dataset_name: dataset.name,
    dataset_digest: dataset.digest,
    dataset: JSON.stringify(dataset),
    tags: JSON.stringify(lastByKey(tags)),
  }));
  await trx
    .insertInto("run_inputs")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
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

/** Anybody may set the tag, to anything. */
function readHistory(value: string | undefined): readonly unknown[] {
  try {
    return [JSON.parse(value ?? "[]")].flat();
  } catch {
    return [];
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(
      "INVALID_REQUEST",
      "Invalid value for parameter 'model_json' supplied. It must be JSON.",
    );
  }
}
