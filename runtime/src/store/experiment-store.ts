import { type SqlBool, sql } from "kysely";
import { artifactFolder } from "../domain/artifact-uri.ts";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import { Problem } from "../domain/problem.ts";
import { readFilter, readOrder, type Vocabulary } from "../domain/search/vocabulary.ts";
import { checkTag, trackingLimits } from "../domain/tracking-limits.ts";
import type { Database } from "./database.ts";
import { conditionSql, orderingSql, type SearchTables } from "./search-sql.ts";
import type { Tables } from "./tables.ts";
import { groupTags, lastByKey, type Tag } from "./tags.ts";
import { isTaken } from "./unique.ts";

export type Lifecycle = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

export interface Experiment extends Omit<Tables["experiments"], "experiment_id"> {
  readonly experiment_id: number;
  readonly tags: readonly Tag[];
}

/** One page of a search, as every search is asked for. */
export interface SearchRequest {
  readonly filter: string;
  readonly orderBy: readonly string[];
  readonly limit: number;
  readonly pageToken: string | undefined;
}

const vocabulary: Vocabulary = {
  entities: ["attribute", "tag"],
  attributes: {
    name: { column: "name", type: "text" },
    experiment_id: { column: "experiment_id", type: "number" },
    creation_time: { column: "creation_time", type: "number" },
    last_update_time: { column: "last_update_time", type: "number" },
    lifecycle_stage: { column: "lifecycle_stage", type: "text" },
  },
};

const tables: SearchTables = {
  alias: "e",
  belongings: {
    tag: { table: "experiment_tags", join: sql<SqlBool>`x.experiment_id = e.experiment_id` },
  },
};

/** The lifecycle stages that a view shows. */
export function stagesOf(view: Lifecycle): ("active" | "deleted")[] {
  if (view === "ALL") return ["active", "deleted"];
  return view === "DELETED_ONLY" ? ["deleted"] : ["active"];
}

export function createExperimentStore(db: Database, clock: () => number) {
  async function withTags(rows: readonly Omit<Experiment, "tags">[]): Promise<readonly Experiment[]> {
    const ids = rows.map((row) => row.experiment_id);
    if (ids.length === 0) return [];
    const tags = await db
      .selectFrom("experiment_tags")
      .selectAll()
      .where("experiment_id", "in", ids)
      .orderBy("key")
      .execute();
    const byId = groupTags(tags, (tag) => tag.experiment_id);
    return rows.map((row) => ({ ...row, tags: byId.get(row.experiment_id) ?? [] }));
  }

  async function one(
    column: "name" | "experiment_id",
    value: string | number,
    missing: string,
  ): Promise<Experiment> {
    const row = await db.selectFrom("experiments").selectAll().where(column, "=", value).executeTakeFirst();
    const [experiment] = row === undefined ? [] : await withTags([row]);
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

    async create(name: string, tags: readonly Tag[], artifactLocation: string): Promise<number> {
      checkExperimentName(name);
      for (const tag of tags) checkTag(tag);
      if (artifactLocation !== "") artifactFolder(artifactLocation);
      const now = clock();
      return await db.transaction().execute(async (trx) => {
        const { rows } = await sql<{ experiment_id: number }>`
          with next as (select nextval(pg_get_serial_sequence('experiments', 'experiment_id')) as id)
          insert into experiments
            (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
          select id, ${name}::text, coalesce(nullif(${artifactLocation}::text, ''), 'mlflow-artifacts:/' || id),
            'active', ${now}::bigint, ${now}::bigint from next
          on conflict (name) do nothing returning experiment_id`.execute(trx);
        const [row] = rows;
        if (row === undefined) throw new Problem("ALREADY_EXISTS", await describeTaken(trx, name));
        const values = lastByKey(tags).map((tag) => ({ ...tag, experiment_id: row.experiment_id }));
        if (values.length > 0) await trx.insertInto("experiment_tags").values(values).execute();
        return row.experiment_id;
      });
    },

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

    async search(view: Lifecycle, request: SearchRequest): Promise<Page<Experiment>> {
      const offset = readPageToken(request.pageToken);
      const conditions = readFilter(request.filter, vocabulary);
      const order = readOrder(request.orderBy, vocabulary);
      let query = db
        .selectFrom("experiments as e")
        .selectAll("e")
        .where("e.lifecycle_stage", "in", stagesOf(view));
      for (const condition of conditions) query = query.where(conditionSql(condition, tables));
      for (const ordering of order) query = query.orderBy(orderingSql(ordering, tables));
      if (order.length === 0) query = query.orderBy("e.creation_time", "desc");
      const rows = await query
        .orderBy("e.experiment_id", "desc")
        .limit(request.limit + 1)
        .offset(offset)
        .execute();
      const page = toPage(rows, offset, request.limit);
      return { ...page, items: await withTags(page.items) };
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
