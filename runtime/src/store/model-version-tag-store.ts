import { checkTag } from "../domain/tracking-limits.ts";
import type { Database } from "./database.ts";
import { changeVersion } from "./model-version-change.ts";
import { announce } from "./outbox.ts";
import type { Tag } from "./tags.ts";

/** The tags of model versions. */
export function createVersionTags(db: Database, clock: () => number) {
  return {
    setTag: (name: string, number: number, tag: Tag, actor: string) => {
      checkTag(tag);
      return changeVersion(db, clock, name, number, (trx) =>
        writeTag(trx, { model: name, version: number, actor, time: clock() }, tag),
      );
    },

    deleteTag: (name: string, number: number, key: string, actor: string) =>
      changeVersion(db, clock, name, number, (trx) =>
        removeTag(trx, { model: name, version: number, actor, time: clock() }, key),
      ),
  };
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
