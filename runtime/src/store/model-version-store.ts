import { randomUUID } from "node:crypto";
import { checkTag } from "../domain/tracking-limits.ts";
import { forgetAlias, lockModel } from "./alias-store.ts";
import type { Database } from "./database.ts";
import { resolveSource } from "./model-source.ts";
import { changeVersion, getVersion, setVersion } from "./model-version-change.ts";
import type { ModelVersion, ModelVersionRow } from "./model-version-rows.ts";
import { latestVersions, searchVersions } from "./model-version-search.ts";
import { createVersionStages } from "./model-version-stage-store.ts";
import { createVersionTags } from "./model-version-tag-store.ts";
import { announce } from "./outbox.ts";
import { promptTag } from "./registry-search.ts";
import { requireNotInRollout } from "./rollout-guard.ts";
import { lastByKey, type Tag, toRecord } from "./tags.ts";
import { keepQuota } from "./team-quota.ts";
import { listVersionFiles } from "./version-files.ts";
import { pinFiles } from "./version-pin.ts";

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

/** What else belongs to registering a version. */
export interface Registration {
  /** Before the transaction: takes over what was uploaded to a folder past the service. */
  readonly settle: (folder: string) => Promise<void>;
  /** In the same transaction, when the version's files are pinned. */
  readonly sign: (
    trx: Database,
    version: { readonly model: string; readonly version: number; readonly artifactPath: string },
    actor: string,
  ) => Promise<void>;
}

export function createModelVersionStore(db: Database, clock: () => number, registration?: Registration) {
  const get = getVersion.bind(null, db);

  return {
    get,
    search: searchVersions.bind(null, db),
    latest: latestVersions.bind(null, db),
    ...createVersionStages(db, clock),
    ...createVersionTags(db, clock),
    files: listVersionFiles.bind(null, db),

    /** Registers a version; its number is one more than the highest ever given to the model. */
    async create(made: NewVersion): Promise<ModelVersion> {
      const { name, actor } = made;
      for (const tag of made.tags) checkTag(tag);
      if (!isPrompt(made)) await registration?.settle(await resolveSource(db, made.source));
      const number = await db.transaction().execute(async (trx) => {
        const sourcePath = isPrompt(made) ? promptFolder() : await resolveSource(trx, made.source);
        const model = await lockModel(trx, name);
        const next = model.last_version + 1;
        const now = clock();
        await trx
          .updateTable("registered_models")
          .set({ last_version: next, last_updated_time: now })
          .where("name", "=", name)
          .execute();
        await trx
          .insertInto("model_versions")
          .values(newRow(made, next, sourcePath, now))
          .execute();
        const tags = lastByKey(made.tags).map((tag) => ({ ...tag, name, version: next }));
        if (tags.length > 0) await trx.insertInto("model_version_tags").values(tags).execute();
        await keepQuota(trx, "modelVersions", model.team);
        const artifactPath = await pinFiles(trx, model, { version: next, artifact_path: sourcePath });
        await registration?.sign(trx, { model: name, version: next, artifactPath }, actor);
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
      await changeVersion(db, clock, name, number, (trx) =>
        setVersion(trx, name, number, { description, last_updated_time: clock() }),
      );
      return await get(name, number);
    },

    /** Deletes a version and the aliases that name it; its number is not given again. */
    async delete(name: string, number: number, actor: string): Promise<void> {
      await changeVersion(db, clock, name, number, async (trx, model) => {
        const time = clock();
        await requireNotInRollout(trx, name, number);
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
  };
}

/** What clients name as the source of a prompt: its text is a tag, and it has no files. */
const promptSource = "dummy-source";
const isPrompt = ({ source, tags }: NewVersion): boolean =>
  source === promptSource && toRecord(tags)[promptTag] === "true";
/** A folder that nothing is in. */
const promptFolder = () => `prompts/${randomUUID()}`;

const newRow = (made: NewVersion, number: number, sourcePath: string, now: number): ModelVersionRow => ({
  name: made.name,
  version: number,
  description: made.description,
  user_id: made.actor,
  source: made.source,
  artifact_path: sourcePath,
  source_path: sourcePath,
  run_id: made.runId,
  run_link: made.runLink,
  status: "READY",
  stage: "None",
  model_id: made.modelId,
  creation_time: now,
  last_updated_time: now,
});
