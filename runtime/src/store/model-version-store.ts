import { type SqlBool, sql } from "kysely";
import { type Stage, stages } from "../domain/mlflow-words.ts";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import { readFilter, readOrder, type Vocabulary } from "../domain/search/vocabulary.ts";
import { checkTag } from "../domain/tracking-limits.ts";
import { type LockedModel, recordStage } from "./alias-history-store.ts";
import { forgetAlias, lockModel, noVersion, requireVersion, touchModel } from "./alias-store.ts";
import type { Database } from "./database.ts";
import type { SearchRequest } from "./experiment-store.ts";
import { resolveSource } from "./model-source.ts";
import { loadVersions, type ModelVersion, type ModelVersionRow } from "./model-version-rows.ts";
import { announce } from "./outbox.ts";
import { asksForPrompts, promptTag, registryConditionSql } from "./registered-model-store.ts";
import { noModel } from "./registry-summary.ts";
import { orderingSql, type SearchTables } from "./search-sql.ts";
import { lastByKey, type Tag, toRecord } from "./tags.ts";

export interface NewVersion {
  readonly name: string;
  readonly source: string;
  readonly runId: string;
  readonly runLink: string;
  readonly description: string;
  readonly modelId: string;
  readonly tags: readonly Tag[];
  readonly actor: string;
}

const createdAt = { column: "creation_time", type: "number" } as const;
const updatedAt = { column: "last_updated_time", type: "number" } as const;
const version = { column: "version", type: "number" } as const;
const vocabulary: Vocabulary = {
  entities: ["attribute", "tag"],
  attributes: {
    name: { column: "name", type: "text" },
    version_number: version,
    version,
    run_id: { column: "run_id", type: "text" },
    source_path: { column: "source", type: "text" },
    source: { column: "source", type: "text" },
    model_id: { column: "model_id", type: "text" },
    creation_timestamp: createdAt,
    last_updated_timestamp: updatedAt,
    timestamp: updatedAt,
  },
};
const tables: SearchTables = {
  alias: "v",
  belongings: {
    tag: { table: "model_version_tags", join: sql<SqlBool>`x.name = v.name and x.version = v.version` },
  },
};

/** What else belongs to registering a version, in the same transaction. */
export type OnRegister = (
  trx: Database,
  version: { readonly model: string; readonly version: number; readonly artifactPath: string },
  actor: string,
) => Promise<void>;

export function createModelVersionStore(
  db: Database,
  clock: () => number,
  onRegister: OnRegister = async () => {},
) {
  async function get(name: string, number: number): Promise<ModelVersion> {
    const row = await versionRow(db, name, number).executeTakeFirst();
    const [found] = row === undefined ? [] : await loadVersions(db, [row]);
    if (found === undefined) throw noVersion(name, number);
    return found;
  }

  /** Changes a version while no other writer touches its model. */
  async function change(
    name: string,
    number: number,
    write: (trx: Database, model: LockedModel) => Promise<unknown>,
  ): Promise<void> {
    await db.transaction().execute(async (trx) => {
      const model = await lockModel(trx, name);
      await requireVersion(trx, name, number);
      await touchModel(trx, name, clock());
      await write(trx, model);
    });
  }

  const set = (trx: Database, name: string, number: number, values: Partial<ModelVersionRow>) =>
    trx
      .updateTable("model_versions")
      .set({ ...values, last_updated_time: clock() })
      .where("name", "=", name)
      .where("version", "=", number)
      .execute();

  return {
    get,

    /** Registers a version; its number is one more than the highest ever given to the model. */
    async create(made: NewVersion): Promise<ModelVersion> {
      const { name, actor } = made;
      for (const tag of made.tags) checkTag(tag);
      const number = await db.transaction().execute(async (trx) => {
        const artifactPath = await resolveSource(trx, made.source);
        const next = (await lockModel(trx, name)).last_version + 1;
        const now = clock();
        await trx
          .updateTable("registered_models")
          .set({ last_version: next, last_updated_time: now })
          .where("name", "=", name)
          .execute();
        await trx
          .insertInto("model_versions")
          .values(newRow(made, next, artifactPath, now))
          .execute();
        const tags = lastByKey(made.tags).map((tag) => ({ ...tag, name, version: next }));
        if (tags.length > 0) await trx.insertInto("model_version_tags").values(tags).execute();
        await onRegister(trx, { model: name, version: next, artifactPath }, actor);
        const { description, source, runId } = made;
        const data = { model: name, version: next, description, source, runId, tags: toRecord(made.tags) };
        await announce(trx, {
          type: "dev.bedplate.model-version.created",
          subject: name,
          actor,
          time: now,
          data,
        });
        return next;
      });
      return await get(name, number);
    },

    async describe(name: string, number: number, description: string): Promise<ModelVersion> {
      await change(name, number, (trx) => set(trx, name, number, { description }));
      return await get(name, number);
    },

    /** Moves a version to a stage; the others of that stage may be archived in the same step. */
    async transition(
      name: string,
      number: number,
      stage: Stage,
      archiveOthers: boolean,
      actor: string,
    ): Promise<ModelVersion> {
      await change(name, number, async (trx, model) => {
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
          await set(trx, name, version, { stage: to });
          if (to !== from) await tellStage(trx, model, { version, from, to, actor, time: clock() });
        }
      });
      return await get(name, number);
    },

    /** Deletes a version and the aliases that name it; its number is not given again. */
    async delete(name: string, number: number, actor: string): Promise<void> {
      await change(name, number, async (trx, model) => {
        const time = clock();
        const aliases = await trx
          .deleteFrom("model_aliases")
          .where("name", "=", name)
          .where("version", "=", number)
          .returning("alias")
          .execute();
        await trx
          .deleteFrom("model_versions")
          .where("name", "=", name)
          .where("version", "=", number)
          .execute();
        for (const { alias } of aliases)
          await forgetAlias(trx, model, { alias, version: number, actor, time });
        const data = { model: name, version: number };
        await announce(trx, { type: "dev.bedplate.model-version.deleted", subject: name, actor, time, data });
      });
    },

    setTag: (name: string, number: number, tag: Tag, actor: string) => {
      checkTag(tag);
      return change(name, number, (trx) =>
        writeTag(trx, { model: name, version: number, actor, time: clock() }, tag),
      );
    },

    deleteTag: (name: string, number: number, key: string, actor: string) =>
      change(name, number, (trx) =>
        removeTag(trx, { model: name, version: number, actor, time: clock() }, key),
      ),

    /** The newest version of each of the stages; of all stages that have one when none is named. */
    async latest(name: string, wanted: readonly Stage[]): Promise<readonly ModelVersion[]> {
      const model = await db
        .selectFrom("registered_models")
        .select("name")
        .where("name", "=", name)
        .executeTakeFirst();
      if (model === undefined) throw noModel(name);
      const rows = await db
        .selectFrom("model_versions")
        .distinctOn("stage")
        .selectAll()
        .where("name", "=", name)
        .where("stage", "in", wanted.length === 0 ? stages : wanted)
        .orderBy("stage")
        .orderBy("version", "desc")
        .execute();
      return await loadVersions(db, rows);
    },

    async search(request: SearchRequest): Promise<Page<ModelVersion>> {
      const offset = readPageToken(request.pageToken);
      const conditions = readFilter(request.filter, vocabulary);
      const order = readOrder(request.orderBy, vocabulary);
      let query = db.selectFrom("model_versions as v").selectAll("v");
      for (const condition of conditions) query = query.where(registryConditionSql(condition, tables));
      if (!asksForPrompts(conditions)) {
        query = query.where(
          sql<SqlBool>`not exists (select 1 from model_version_tags x
            where x.name = v.name and x.version = v.version and x.key = ${promptTag})`,
        );
      }
      for (const ordering of order) query = query.orderBy(orderingSql(ordering, tables));
      if (order.length === 0) query = query.orderBy("v.last_updated_time", "desc");
      const rows = await query
        .orderBy("v.name")
        .orderBy("v.version", "desc")
        .limit(request.limit + 1)
        .offset(offset)
        .execute();
      const page = toPage(rows, offset, request.limit);
      return { ...page, items: await loadVersions(db, page.items) };
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

interface TagChange {
  readonly model: string;
  readonly version: number;
  readonly actor: string;
  readonly time: number;
}

async function writeTag(trx: Database, change: TagChange, tag: Tag): Promise<void> {
  const { model, version, actor, time } = change;
  await trx
    .insertInto("model_version_tags")
    .values({ name: model, version, ...tag })
    .onConflict((conflict) => conflict.columns(["name", "version", "key"]).doUpdateSet({ value: tag.value }))
    .execute();
  const data = { model, version, ...tag };
  await announce(trx, { type: "dev.bedplate.model-version.tag-set", subject: model, actor, time, data });
}

async function removeTag(trx: Database, change: TagChange, key: string): Promise<void> {
  const { model, version, actor, time } = change;
  const deleted = await trx
    .deleteFrom("model_version_tags")
    .where("name", "=", model)
    .where("version", "=", version)
    .where("key", "=", key)
    .executeTakeFirst();
  if (deleted.numDeletedRows === 0n) return;
  const data = { model, version, key };
  await announce(trx, { type: "dev.bedplate.model-version.tag-deleted", subject: model, actor, time, data });
}

const versionRow = (db: Database, name: string, number: number) =>
  db.selectFrom("model_versions").selectAll().where("name", "=", name).where("version", "=", number);

const newRow = (made: NewVersion, number: number, artifactPath: string, now: number): ModelVersionRow => ({
  name: made.name,
  version: number,
  description: made.description,
  user_id: made.actor,
  source: made.source,
  artifact_path: artifactPath,
  run_id: made.runId,
  run_link: made.runLink,
  status: "READY",
  stage: "None",
  model_id: made.modelId,
  creation_time: now,
  last_updated_time: now,
});
