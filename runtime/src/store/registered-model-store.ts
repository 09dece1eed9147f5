import { type RawBuilder, type Selectable, type SqlBool, sql } from "kysely";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import { Problem } from "../domain/problem.ts";
import { type Condition, readFilter, readOrder, type Vocabulary } from "../domain/search/vocabulary.ts";
import { checkModelName, checkTag } from "../domain/tracking-limits.ts";
import { forgetAlias, lockModel, touchModel } from "./alias-store.ts";
import type { Database } from "./database.ts";
import type { SearchRequest } from "./experiment-store.ts";
import { loadVersions, type ModelVersion } from "./model-version-rows.ts";
import { announce } from "./outbox.ts";
import { aliasesOf, noModel } from "./registry-summary.ts";
import { conditionSql, orderingSql, type SearchTables } from "./search-sql.ts";
import type { Tables } from "./tables.ts";
import { groupTags, lastByKey, type Tag, toRecord } from "./tags.ts";
import { isTaken } from "./unique.ts";

type Row = Selectable<Tables["registered_models"]>;

/** A registered model with its tags, aliases, and the newest version of each stage. */
export interface RegisteredModel extends Row {
  readonly tags: readonly Tag[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  readonly latestVersions: readonly ModelVersion[];
}

/** MLflow keeps prompts as registered models; they show up only where they are asked for. */
export const promptTag = "mlflow.prompt.is_prompt";

const updatedAt = { column: "last_updated_time", type: "number" } as const;
const createdAt = { column: "creation_time", type: "number" } as const;
const vocabulary: Vocabulary = {
  entities: ["attribute", "tag"],
  attributes: {
    name: { column: "name", type: "text" },
    last_updated_timestamp: updatedAt,
    timestamp: updatedAt,
    creation_timestamp: createdAt,
  },
};
const tables: SearchTables = {
  alias: "m",
  belongings: { tag: { table: "registered_model_tags", join: sql<SqlBool>`x.name = m.name` } },
};

export const asksForPrompts = (conditions: readonly Condition[]): boolean =>
  conditions.some((condition) => condition.on === "tag" && condition.key === promptTag);

/** Clients hide prompts by `tag != 'true'`, and mean what has no such tag too. */
export function registryConditionSql(condition: Condition, tables: SearchTables): RawBuilder<SqlBool> {
  const hidesPrompts = condition.on === "tag" && condition.key === promptTag && condition.operator === "!=";
  if (!hidesPrompts) return conditionSql(condition, tables);
  return sql`not ${conditionSql({ ...condition, operator: "=" }, tables)}`;
}

export function createRegisteredModelStore(db: Database, clock: () => number) {
  async function load(rows: readonly Row[]): Promise<readonly RegisteredModel[]> {
    const names = rows.map((row) => row.name);
    if (names.length === 0) return [];
    const [tags, aliases, latest] = await Promise.all([
      db.selectFrom("registered_model_tags").selectAll().where("name", "in", names).orderBy("key").execute(),
      aliasesOf(db, names),
      latestOf(db, names),
    ]);
    const tagsOf = groupTags(tags, (row) => row.name);
    return rows.map((row) => ({
      ...row,
      tags: tagsOf.get(row.name) ?? [],
      aliases: aliases
        .filter((alias) => alias.name === row.name)
        .map(({ alias, version }) => ({ alias, version })),
      latestVersions: latest.filter((version) => version.name === row.name),
    }));
  }

  async function get(name: string): Promise<RegisteredModel> {
    const row = await db
      .selectFrom("registered_models")
      .selectAll()
      .where("name", "=", name)
      .executeTakeFirst();
    const [model] = row === undefined ? [] : await load([row]);
    if (model === undefined) throw noModel(name);
    return model;
  }

  return {
    get,

    async create(model: {
      readonly name: string;
      readonly description: string;
      readonly tags: readonly Tag[];
      readonly actor: string;
    }): Promise<RegisteredModel> {
      const { name, description, tags, actor } = model;
      checkModelName(name);
      for (const tag of tags) checkTag(tag);
      const now = clock();
      await db.transaction().execute(async (trx) => {
        const row = { name, description, creation_time: now, last_updated_time: now, last_version: 0 };
        const inserted = await trx
          .insertInto("registered_models")
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .returning("name")
          .executeTakeFirst();
        if (inserted === undefined) throw taken(name);
        const values = lastByKey(tags).map((tag) => ({ ...tag, name }));
        if (values.length > 0) await trx.insertInto("registered_model_tags").values(values).execute();
        const data = { model: name, description, tags: toRecord(tags) };
        await announce(trx, { type: "dev.bedplate.model.registered", subject: name, actor, time: now, data });
      });
      return await get(name);
    },

    async rename(name: string, newName: string): Promise<RegisteredModel> {
      checkModelName(newName);
      await db.transaction().execute(async (trx) => {
        await lockModel(trx, name);
        await trx
          .updateTable("registered_models")
          .set({ name: newName, last_updated_time: clock() })
          .where("name", "=", name)
          .execute()
          .catch((error: unknown) => {
            throw isTaken(error) ? taken(newName) : error;
          });
      });
      return await get(newName);
    },

    async describe(name: string, description: string): Promise<RegisteredModel> {
      const changed = await db
        .updateTable("registered_models")
        .set({ description, last_updated_time: clock() })
        .where("name", "=", name)
        .executeTakeFirst();
      if (changed.numUpdatedRows === 0n) throw noModel(name);
      return await get(name);
    },

    async delete(name: string, actor: string): Promise<void> {
      await db.transaction().execute(async (trx) => {
        const model = await lockModel(trx, name);
        const aliases = await aliasesOf(trx, [name]);
        await trx.deleteFrom("registered_models").where("name", "=", name).execute();
        for (const { alias, version } of aliases) {
          await forgetAlias(trx, model, { alias, version, actor, time: clock() });
        }
        const data = { model: name };
        await announce(trx, {
          type: "dev.bedplate.model.deleted",
          subject: name,
          actor,
          time: clock(),
          data,
        });
      });
    },

    async setTag(name: string, tag: Tag, actor: string): Promise<void> {
      checkTag(tag);
      await db.transaction().execute(async (trx) => {
        await lockModel(trx, name);
        await trx
          .insertInto("registered_model_tags")
          .values({ name, ...tag })
          .onConflict((conflict) => conflict.columns(["name", "key"]).doUpdateSet({ value: tag.value }))
          .execute();
        const time = clock();
        await touchModel(trx, name, time);
        const data = { model: name, ...tag };
        await announce(trx, { type: "dev.bedplate.model.tag-set", subject: name, actor, time, data });
      });
    },

    async deleteTag(name: string, key: string, actor: string): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await lockModel(trx, name);
        const deleted = await trx
          .deleteFrom("registered_model_tags")
          .where("name", "=", name)
          .where("key", "=", key)
          .executeTakeFirst();
        const time = clock();
        await touchModel(trx, name, time);
        if (deleted.numDeletedRows === 0n) return;
        const data = { model: name, key };
        await announce(trx, { type: "dev.bedplate.model.tag-deleted", subject: name, actor, time, data });
      });
    },

    async search(request: SearchRequest): Promise<Page<RegisteredModel>> {
      const offset = readPageToken(request.pageToken);
      const conditions = readFilter(request.filter, vocabulary);
      const order = readOrder(request.orderBy, vocabulary);
      let query = db.selectFrom("registered_models as m").selectAll("m");
      for (const condition of conditions) query = query.where(registryConditionSql(condition, tables));
      if (!asksForPrompts(conditions)) {
        query = query.where(
          sql<SqlBool>`not exists (select 1 from registered_model_tags x where x.name = m.name and x.key = ${promptTag})`,
        );
      }
      for (const ordering of order) query = query.orderBy(orderingSql(ordering, tables));
      const rows = await query
        .orderBy("m.name")
        .limit(request.limit + 1)
        .offset(offset)
        .execute();
      const page = toPage(rows, offset, request.limit);
      return { ...page, items: await load(page.items) };
    },
  };
}

const taken = (name: string) =>
  new Problem("ALREADY_EXISTS", `Registered Model (name=${name}) already exists.`);

/** The newest version of each stage of each model. */
async function latestOf(db: Database, names: readonly string[]): Promise<readonly ModelVersion[]> {
  const rows = await db
    .selectFrom("model_versions")
    .distinctOn(["name", "stage"])
    .selectAll()
    .where("name", "in", names)
    .orderBy("name")
    .orderBy("stage")
    .orderBy("version", "desc")
    .execute();
  return await loadVersions(db, rows);
}
