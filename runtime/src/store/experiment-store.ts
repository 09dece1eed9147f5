import { defaultTeam } from "@bedplate/contract";
import { sql } from "kysely";
import { artifactFolder } from "../domain/artifact-uri.ts";
import { Problem } from "../domain/problem.ts";
import { checkTag, trackingLimits } from "../domain/tracking-limits.ts";
import type { Database } from "./database.ts";
import { type Experiment, experimentColumns, loadExperiments } from "./experiment-rows.ts";
import { searchExperiments } from "./experiment-search.ts";
import { lastByKey, type Tag } from "./tags.ts";
import { keepQuota } from "./team-quota.ts";
import { isTaken } from "./unique.ts";

export function createExperimentStore(db: Database, clock: () => number) {
  async function one(
    column: "name" | "experiment_id",
    value: string | number,
    missing: string,
  ): Promise<Experiment> {
    const row = await db
      .selectFrom("experiments")
      .select(experimentColumns)
      .where(column, "=", value)
      .executeTakeFirst();
    const [experiment] = row === undefined ? [] : await loadExperiments(db, [row]);
    if (experiment === undefined) throw new Problem("NOT_FOUND", missing);
    return experiment;
  }

  const get = (id: number) => one("experiment_id", id, `No Experiment with id=${id} exists`);

  async function change(
    id: number,
    set: Partial<Pick<Experiment, "name" | "lifecycle_stage">>,
  ): Promise<void> {
    const changed = await db
      .updateTable("experiments")
      .set({ ...set, last_update_time: clock() })
      .where("experiment_id", "=", id)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) throw new Problem("NOT_FOUND", `No Experiment with id=${id} exists`);
  }

  return {
    get,
    getByName: (name: string) =>
      one("name", name, `Could not find experiment with name '${name.slice(0, 200)}'`),

    create: createExperiment.bind(null, db, clock),

    async rename(id: number, name: string): Promise<void> {
      checkExperimentName(name);
      const { lifecycle_stage } = await get(id);
      if (lifecycle_stage !== "active") throw notActive(id, lifecycle_stage);
      await change(id, { name }).catch((error: unknown) => {
        throw isTaken(error) ? taken(name) : error;
      });
    },

    delete: (id: number) => change(id, { lifecycle_stage: "deleted" }),
    restore: (id: number) => change(id, { lifecycle_stage: "active" }),

    search: searchExperiments.bind(null, db),

    async setTag(id: number, tag: Tag): Promise<void> {
      checkTag(tag);
      const { lifecycle_stage } = await get(id);
      if (lifecycle_stage !== "active") throw notActive(id, lifecycle_stage);
      await db
        .insertInto("experiment_tags")
        .values({ ...tag, experiment_id: id })
        .onConflict((conflict) =>
          conflict.columns(["experiment_id", "key"]).doUpdateSet({ value: tag.value }),
        )
        .execute();
    },

    async deleteTag(id: number, key: string): Promise<void> {
      await get(id);
      const deleted = await db
        .deleteFrom("experiment_tags")
        .where("experiment_id", "=", id)
        .where("key", "=", key)
        .executeTakeFirst();
      if (deleted.numDeletedRows === 0n) {
        throw new Problem("NOT_FOUND", `No tag with name: ${key.slice(0, 200)} in experiment with id ${id}`);
      }
    },
  };
}

const taken = (name: string) => new Problem("ALREADY_EXISTS", `Experiment(name=${name}) already exists.`);

const notActive = (id: number, stage: string) =>
  new Problem(
    "INVALID_REQUEST",
    `The experiment ${id} must be in the 'active' state. Current state is ${stage}.`,
  );

function checkExperimentName(name: string): void {
  const { experimentNameLength } = trackingLimits;
  if (name.trim() === "" || name.length > experimentNameLength) {
    throw new Problem(
      "INVALID_REQUEST",
      `Invalid experiment name: '${name.slice(0, 100)}'. It may have 1 to ${experimentNameLength} characters.`,
    );
  }
}

async function describeTaken(trx: Database, name: string): Promise<string> {
  const row = await trx
    .selectFrom("experiments")
    .select(["experiment_id", "lifecycle_stage"])
    .where("name", "=", name)
    .executeTakeFirst();
  if (row?.lifecycle_stage !== "deleted") return `Experiment(name=${name}) already exists.`;
  return `Experiment(name=${name}) already exists, in deleted state. Restore experiment ${row.experiment_id} or choose another name.`;
}

/** Makes an experiment that belongs to a team. Throws ALREADY_EXISTS, whoever's the other one is: names are global. */
async function createExperiment(
  db: Database,
  clock: () => number,
  name: string,
  tags: readonly Tag[],
  artifactLocation: string,
  team: string = defaultTeam,
): Promise<number> {
  checkExperimentName(name);
  for (const tag of tags) checkTag(tag);
  if (artifactLocation !== "") artifactFolder(artifactLocation);
  const now = clock();
  return await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ experiment_id: number }>`
      with next as (select nextval(pg_get_serial_sequence('experiments', 'experiment_id')) as id)
      insert into experiments
        (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, team)
      select id, ${name}::text, coalesce(nullif(${artifactLocation}::text, ''), 'mlflow-artifacts:/' || id),
        'active', ${now}::bigint, ${now}::bigint, ${team}::text from next
      on conflict (name) do nothing returning experiment_id`.execute(trx);
    const [row] = rows;
    if (row === undefined) throw new Problem("ALREADY_EXISTS", await describeTaken(trx, name));
    const values = lastByKey(tags).map((tag) => ({ ...tag, experiment_id: row.experiment_id }));
    if (values.length > 0) await trx.insertInto("experiment_tags").values(values).execute();
    await keepQuota(trx, "experiments", team);
    return row.experiment_id;
  });
}
