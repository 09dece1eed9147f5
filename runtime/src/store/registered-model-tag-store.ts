import { checkTag } from "../domain/tracking-limits.ts";
import { lockModel, touchModel } from "./alias-store.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import type { Tag } from "./tags.ts";

/** The tags of registered models. */
export function createModelTags(db: Database, clock: () => number) {
  return {
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
  };
}
