import type { Stage } from "../domain/mlflow-words.ts";
import { type LockedModel, recordStage } from "./alias-history-store.ts";
import type { Database } from "./database.ts";
import { changeVersion, getVersion, setVersion } from "./model-version-change.ts";
import type { ModelVersion } from "./model-version-rows.ts";
import { announce } from "./outbox.ts";

/** The stages of model versions, as MLflow knows them. */
export function createVersionStages(db: Database, clock: () => number) {
  return {
    /** Moves a version to a stage; the others of that stage may be archived in the same step. */
    async transition(
      name: string,
      number: number,
      stage: Stage,
      archiveOthers: boolean,
      actor: string,
    ): Promise<ModelVersion> {
      await changeVersion(db, clock, name, number, async (trx, model) => {
        const moved = await trx
          .selectFrom("model_versions")
          .select(["version", "stage"])
          .where("name", "=", name)
          .where((eb) =>
            eb.or([eb("version", "=", number), ...(archiveOthers ? [eb("stage", "=", stage)] : [])]),
          )
          .orderBy("version")
          .execute();
        for (const { version, stage: from } of moved) {
          const to = version === number ? stage : "Archived";
          await setVersion(trx, name, version, { stage: to, last_updated_time: clock() });
          if (to !== from) await tellStage(trx, model, { version, from, to, actor, time: clock() });
        }
      });
      return await getVersion(db, name, number);
    },
  };
}

interface StageStep {
  readonly version: number;
  readonly from: string;
  readonly to: string;
  readonly actor: string;
  readonly time: number;
}

async function tellStage(trx: Database, model: LockedModel, step: StageStep): Promise<void> {
  await recordStage(trx, model, step);
  const { version, from, to, actor, time } = step;
  const data = { model: model.name, version, stage: to, previousStage: from };
  const type = "dev.bedplate.model-version.stage-changed";
  await announce(trx, { type, subject: model.name, actor, time, data });
}
