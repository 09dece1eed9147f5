import { Problem } from "../domain/problem.ts";
import { checkTag, trackingLimits } from "../domain/tracking-limits.ts";
import type { Database } from "./database.ts";
import { lastByKey, type Tag } from "./tags.ts";

/** The tag that holds a run's name, and changes with it. */
export const nameTag = "mlflow.runName";
const historyTag = "mlflow.log-model.history";

export const noRun = (runId: string) =>
  new Problem("NOT_FOUND", `Run with id=${runId.slice(0, 100)} not found`);

/** A run, and whose it is. */
export interface RunAddress {
  readonly runId: string;
  readonly experimentId: number;
}

/** A run that was looked for. Throws when it is not there, or takes nothing more. */
export function requireActive<R extends { readonly lifecycle_stage: string }>(
  runId: string,
  run: R | undefined,
): R {
  if (run === undefined) throw noRun(runId);
  if (run.lifecycle_stage === "active") return run;
  throw new Problem(
    "INVALID_REQUEST",
    `The run ${runId} must be in the 'active' state. Current state is ${run.lifecycle_stage}.`,
  );
}

/** Keeps a run from being deleted while the caller's transaction writes to it. */
export async function lockActiveRun(trx: Database, runId: string): Promise<RunAddress> {
  const run = await trx
    .selectFrom("runs")
    .select(["experiment_id", "lifecycle_stage"])
    .where("run_id", "=", runId)
    .forKeyShare()
    .executeTakeFirst();
  return { runId, experimentId: requireActive(runId, run).experiment_id };
}

/** Sets tags of a run; the tag of its name is its name. */
export async function writeRunTags(trx: Database, run: RunAddress, tags: readonly Tag[]): Promise<void> {
  if (tags.length === 0) return;
  const { runId, experimentId } = run;
  const rows = lastByKey(tags);
  await trx
    .insertInto("run_tags")
    .values(rows.map(({ key, value }) => ({ run_id: runId, experiment_id: experimentId, key, value })))
    .onConflict((conflict) =>
      conflict.columns(["run_id", "key"]).doUpdateSet({ value: (eb) => eb.ref("excluded.value") }),
    )
    .execute();
  const name = rows.find((tag) => tag.key === nameTag)?.value;
  if (name !== undefined) await trx.updateTable("runs").set({ name }).where("run_id", "=", runId).execute();
}

/** Tags of runs. */
export function createRunTagStore(db: Database) {
  return {
    async setTag(runId: string, tag: Tag): Promise<void> {
      checkTag(tag);
      await db.transaction().execute(async (trx) => {
        await writeRunTags(trx, await lockActiveRun(trx, runId), [tag]);
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
        const run = await lockActiveRun(trx, runId);
        const before = await trx
          .selectFrom("run_tags")
          .select("value")
          .where("run_id", "=", runId)
          .where("key", "=", historyTag)
          .executeTakeFirst();
        const history = [...readHistory(before?.value), told];
        while (JSON.stringify(history).length > trackingLimits.tagLength && history.length > 0)
          history.shift();
        await writeRunTags(trx, run, [{ key: historyTag, value: JSON.stringify(history) }]);
      });
    },
  };
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
