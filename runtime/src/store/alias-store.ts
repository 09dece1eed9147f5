import { Problem } from "../domain/problem.ts";
import type { PromotionEvidence } from "../domain/promotion-policy.ts";
import { checkAlias } from "../domain/tracking-limits.ts";
import { type LockedModel, recordAlias } from "./alias-history-store.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import { type Governance, gatherEvidence, requirePromotable } from "./promotion-gate.ts";
import { noModel } from "./registry-summary.ts";
import { supersedeRollout } from "./rollout-guard.ts";
import { isModelSeen, type Sight } from "./team-sight.ts";
import { pinFiles } from "./version-pin.ts";

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

/** Which version an alias of a model names. The serving alias moves only as the promotion policy allows. */
export function createAliasStore(db: Database, clock: () => number, governance: Governance) {
  const { servingAlias } = governance;
  return {
    /** The version of every model that has the alias. */
    async aliased(alias: string, sight: Sight = null): Promise<readonly AliasedVersion[]> {
      return await db
        .selectFrom("model_aliases as a")
        .innerJoin("model_versions as v", (join) =>
          join.onRef("v.name", "=", "a.name").onRef("v.version", "=", "a.version"),
        )
        .select(["v.name as model", "v.version as version", "v.artifact_path as artifactPath"])
        .where("a.alias", "=", alias)
        .where(isModelSeen(sight, "a.name"))
        .orderBy("v.name")
        .execute();
    },

    /**
     * Points an alias at a version and announces it; the alias named `previousVersion` until then. Throws
     * PROMOTION_BLOCKED where it is the serving alias and the policy is not met.
     */
    async setAlias(change: AliasChange): Promise<{ readonly previousVersion: number | null }> {
      const { model, alias, version, actor, comment } = change;
      checkAlias(alias);
      const evidence =
        alias === servingAlias ? await gatherEvidence(db, { model, version }, governance) : null;
      return await db.transaction().execute(async (trx) => {
        const locked = await lockModel(trx, model);
        const from = await aliasOf(trx, model, alias);
        const placed = { alias, from, to: version, actor, time: clock(), comment, evidence };
        await placeAlias(trx, locked, placed, governance);
        return { previousVersion: from };
      });
    },

    /** Removes an alias and announces it; removing one that is not there is fine. */
    async deleteAlias(change: Omit<AliasChange, "version" | "comment">): Promise<void> {
      const { model, alias, actor } = change;
      await db.transaction().execute(async (trx) => {
        const locked = await lockModel(trx, model);
        const deleted = await trx
          .deleteFrom("model_aliases")
          .where("name", "=", model)
          .where("alias", "=", alias)
          .returning("version")
          .executeTakeFirst();
        if (deleted === undefined) return;
        await touchModel(trx, model, clock());
        const time = clock();
        if (alias === servingAlias) await supersedeRollout(trx, model, null, { actor, time });
        await forgetAlias(trx, locked, { alias, version: deleted.version, actor, time });
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

interface Placement extends Omit<AliasStep, "action"> {
  /** What the version can show; null where the policy has nothing to say. */
  readonly evidence: PromotionEvidence | null;
}

/** Points an alias at a version that may have it. Throws NOT_FOUND, and PROMOTION_BLOCKED where the policy is not met. */
export async function placeAlias(
  trx: Database,
  model: LockedModel,
  { evidence, ...placed }: Placement,
  governance: Governance,
): Promise<void> {
  const { alias, to: version, actor, time } = placed;
  await pinFiles(trx, model, await requireVersion(trx, model.name, version));
  if (evidence !== null) {
    await requirePromotable(trx, { model: model.name, version }, governance, evidence);
  }
  if (alias === governance.servingAlias) await supersedeRollout(trx, model.name, version, { actor, time });
  await moveAlias(trx, model, { ...placed, action: "set" });
}

interface AliasStep {
  readonly action: "set" | "rolled-back";
  readonly alias: string;
  readonly from: number | null;
  readonly to: number;
  readonly actor: string;
  readonly time: number;
  readonly comment: string | undefined;
}

/** Points an alias somewhere, writes that down and announces it. */
export async function moveAlias(trx: Database, model: LockedModel, step: AliasStep): Promise<void> {
  const { alias, from, to: version, actor, time, comment } = step;
  await trx
    .insertInto("model_aliases")
    .values({ name: model.name, alias, version })
    .onConflict((conflict) => conflict.columns(["name", "alias"]).doUpdateSet({ version }))
    .execute();
  await touchModel(trx, model.name, time);
  await recordAlias(trx, model, step);
  const data = {
    model: model.name,
    version,
    alias,
    ...(from === null ? {} : { previousVersion: from }),
    ...(step.action === "set" ? {} : { rollback: true as const }),
    ...(comment === undefined ? {} : { comment }),
  };
  await announce(trx, { type: "dev.bedplate.alias.set", subject: model.name, actor, time, data });
}

/** Writes down and announces that an alias is gone. */
export async function forgetAlias(
  trx: Database,
  model: LockedModel,
  gone: { readonly alias: string; readonly version: number; readonly actor: string; readonly time: number },
): Promise<void> {
  const { alias, version, actor, time } = gone;
  await recordAlias(trx, model, { action: "deleted", alias, from: version, to: null, actor, time });
  const data = { model: model.name, alias, version };
  const { name: subject, team } = model;
  await announce(trx, { type: "dev.bedplate.alias.deleted", subject, actor, time, data, team });
}

export async function aliasOf(db: Database, name: string, alias: string): Promise<number | null> {
  const query = db.selectFrom("model_aliases").select("version").where("name", "=", name);
  return (await query.where("alias", "=", alias).executeTakeFirst())?.version ?? null;
}

/** Makes writers to one model take turns. */
export async function lockModel(
  trx: Database,
  name: string,
): Promise<LockedModel & { readonly last_version: number }> {
  const row = await trx
    .selectFrom("registered_models")
    .select(["name", "history_id", "last_version", "team"])
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

/** A version, with what is asked of it most. Throws NOT_FOUND. */
export async function requireVersion(db: Database, name: string, version: number) {
  const row = await db
    .selectFrom("model_versions")
    .select(["version", "artifact_path", "user_id"])
    .where("name", "=", name)
    .where("version", "=", version)
    .executeTakeFirst();
  if (row === undefined) throw noVersion(name, version);
  return row;
}
