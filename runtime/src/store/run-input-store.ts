import { sql } from "kysely";
import { datasetEdges } from "../domain/lineage-node.ts";
import { Problem } from "../domain/problem.ts";
import type { Database } from "./database.ts";
import { linkNodes, teamOf } from "./lineage-store.ts";
import type { LogModels, RunInput } from "./run-rows.ts";
import { lockActiveRun } from "./run-tag-store.ts";
import { lastByKey } from "./tags.ts";

/** Says what for a run reads a data set. */
const contextTag = "mlflow.data.context";

interface DatasetSummary {
  readonly experiment_id: number;
  readonly name: string;
  readonly digest: string;
  readonly context: string | null;
}

/** What runs read and make. */
export function createRunInputStore(db: Database) {
  return {
    /** Data sets that active runs of experiments read, with what for; at most `limit`. */
    async datasets(experimentIds: readonly number[], limit: number): Promise<readonly DatasetSummary[]> {
      const { rows } = await sql<DatasetSummary>`
        select distinct r.experiment_id, i.dataset_name as name, i.dataset_digest as digest, tag->>'value' as context
        from run_inputs i join runs r on r.run_id = i.run_id and r.lifecycle_stage = 'active'
        left join lateral jsonb_array_elements(i.tags) tag on tag->>'key' = ${contextTag}::text
        where r.experiment_id = any(${experimentIds}::bigint[])
        order by r.experiment_id, name, digest, context limit ${limit}::bigint`.execute(db);
      return rows;
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
  await linkNodes(
    trx,
    datasetEdges(
      runId,
      inputs.map(({ dataset }) => dataset),
    ),
    await teamOf(trx, { kind: "run", id: runId }),
  );
}
