import { Problem } from "../domain/problem.ts";
import { checkAlias } from "../domain/tracking-limits.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import { noModel } from "./registry-summary.ts";

/** A version that an alias names, with the folder of its files in the artifact store. */
export interface AliasedVersion {
  readonly model: string;
  readonly version: number;
  readonly artifactPath: string;
}

export interface AliasChange {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
  readonly actor: string;
  readonly comment?: string | undefined;
}

/** Which version an alias of a model names. */
export function createAliasStore(db: Database, clock: () => number) {
  return {
    /** The version of every model that has the alias. */
    async aliased(alias: string): Promise<readonly AliasedVersion[]> {
      return await db
        .selectFrom("model_aliases as a")
        .innerJoin("model_versions as v", (join) =>
          join.onRef("v.name", "=", "a.name").onRef("v.version", "=", "a.version"),
        )
        .select(["v.name as model", "v.version as version", "v.artifact_path as artifactPath"])
        .where("a.alias", "=", alias)
        .orderBy("v.name")
        .execute();
    },

    /** Points an alias at a version and announces it; the alias named `previousVersion` until then. */
    async setAlias(change: AliasChange): Promise<{ readonly previousVersion: number | null }> {
      const { model, alias, version, actor, comment } = change;
      checkAlias(alias);
      return await db.transaction().execute(async (trx) => {
        await lockModel(trx, model);
        await requireVersion(trx, model, version);
        const before = await trx
          .selectFrom("model_aliases")
          .select("version")
          .where("name", "=", model)
          .where("alias", "=", alias)
          .executeTakeFirst();
        await trx
          .insertInto("model_aliases")
          .values({ name: model, alias, version })
          .onConflict((conflict) => conflict.columns(["name", "alias"]).doUpdateSet({ version }))
          .execute();
        await touchModel(trx, model, clock());
        const data = {
          model,
          version,
          alias,
          ...(before === undefined ? {} : { previousVersion: before.version }),
          ...(comment === undefined ? {} : { comment }),
        };
        await announce(trx, { type: "dev.bedplate.alias.set", subject: model, actor, time: clock(), data });
        return { previousVersion: before?.version ?? null };
      });
    },

    /** Removes an alias and announces it; removing one that is not there is fine. */
    async deleteAlias(change: Omit<AliasChange, "version" | "comment">): Promise<void> {
      const { model, alias, actor } = change;
      await db.transaction().execute(async (trx) => {
        await lockModel(trx, model);
        const deleted = await trx
          .deleteFrom("model_aliases")
          .where("name", "=", model)
          .where("alias", "=", alias)
          .returning("version")
          .executeTakeFirst();
        if (deleted === undefined) return;
        const data = { model, alias, version: deleted.version };
        await announce(trx, {
          type: "dev.bedplate.alias.deleted",
          subject: model,
          actor,
          time: clock(),
          data,
        });
        await touchModel(trx, model, clock());
      });
    },

    /** The version that an alias of a model names. Throws NOT_FOUND for the model, INVALID_REQUEST for the alias, as MLflow does. */
    async resolveAlias(model: string, alias: string): Promise<number> {
      const found = await db
        .selectFrom("registered_models as m")
        .leftJoin("model_aliases as a", (join) =>
          join.onRef("a.name", "=", "m.name").on("a.alias", "=", alias),
        )
        .select("a.version")
        .where("m.name", "=", model)
        .executeTakeFirst();
      if (found === undefined) throw noModel(model);
      if (found.version === null) {
        throw new Problem("INVALID_REQUEST", `Registered model alias ${alias.slice(0, 200)} not found.`);
      }
      return found.version;
    },
  };
}

/** Makes writers to one model take turns. */
export async function lockModel(trx: Database, name: string): Promise<{ readonly last_version: number }> {
  const row = await trx
    .selectFrom("registered_models")
    .select("last_version")
    .where("name", "=", name)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw noModel(name);
  return row;
}

export async function touchModel(trx: Database, name: string, now: number): Promise<void> {
  await trx
    .updateTable("registered_models")
    .set({ last_updated_time: now })
    .where("name", "=", name)
    .execute();
}

export const noVersion = (name: string, version: number) =>
  new Problem("NOT_FOUND", `Model Version (name=${name.slice(0, 200)}, version=${version}) not found`);

export async function requireVersion(trx: Database, name: string, version: number): Promise<void> {
  const row = await trx
    .selectFrom("model_versions")
    .select("version")
    .where("name", "=", name)
    .where("version", "=", version)
    .executeTakeFirst();
  if (row === undefined) throw noVersion(name, version);
}
