import { defaultTeam } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import { checkModelName, checkTag } from "../domain/tracking-limits.ts";
import { forgetAlias, lockModel } from "./alias-store.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import { loadModels, type RegisteredModel } from "./registered-model-rows.ts";
import { searchModels } from "./registered-model-search.ts";
import { createModelTags } from "./registered-model-tag-store.ts";
import { aliasesOf, noModel } from "./registry-summary.ts";
import { endRolloutOfModel } from "./rollout-guard.ts";
import { lastByKey, type Tag, toRecord } from "./tags.ts";
import { keepQuota } from "./team-quota.ts";
import { isTaken } from "./unique.ts";

interface NewModel {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly Tag[];
  readonly actor: string;
  readonly team?: string;
}

export function createRegisteredModelStore(db: Database, clock: () => number) {
  async function get(name: string): Promise<RegisteredModel> {
    const row = await db
      .selectFrom("registered_models")
      .selectAll()
      .where("name", "=", name)
      .executeTakeFirst();
    const [model] = row === undefined ? [] : await loadModels(db, [row]);
    if (model === undefined) throw noModel(name);
    return model;
  }

  return {
    get,
    search: searchModels.bind(null, db),
    ...createModelTags(db, clock),

    async create(model: NewModel): Promise<RegisteredModel> {
      await insertModel(db, clock, model);
      return await get(model.name);
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
        await endRolloutOfModel(trx, name, { actor, time: clock() });
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
          team: model.team,
        });
      });
    },
  };
}

const taken = (name: string) =>
  new Problem("ALREADY_EXISTS", `Registered Model (name=${name}) already exists.`);

async function insertModel(db: Database, clock: () => number, model: NewModel): Promise<void> {
  const { name, description, tags, actor, team = defaultTeam } = model;
  checkModelName(name);
  for (const tag of tags) checkTag(tag);
  const now = clock();
  await db.transaction().execute(async (trx) => {
    const row = { name, description, creation_time: now, last_updated_time: now, last_version: 0, team };
    const inserted = await trx
      .insertInto("registered_models")
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .returning("name")
      .executeTakeFirst();
    if (inserted === undefined) throw taken(name);
    const values = lastByKey(tags).map((tag) => ({ ...tag, name }));
    if (values.length > 0) await trx.insertInto("registered_model_tags").values(values).execute();
    await keepQuota(trx, "registeredModels", team);
    const data = { model: name, description, tags: toRecord(tags) };
    await announce(trx, { type: "dev.bedplate.model.registered", subject: name, actor, time: now, data });
  });
}
