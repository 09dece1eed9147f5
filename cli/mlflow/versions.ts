import { z } from "zod";
import type { CopyContext } from "./context.ts";
import { ownerOfSource } from "./model-source.plan.ts";
import { Refusal, reasonOf, type Server } from "./server.ts";
import { missingTags, ownTags, quoteText, sourceTags, tagOf } from "./source-tags.plan.ts";
import { type Copiers, type Located, locateVersion } from "./version-source.ts";
import * as words from "./words.ts";

const oneVersion = z.object({ model_version: words.modelVersion });
const nothing = z.object({});
/** Numbers that may be passed over to give a version the number that it had. */
const gapLimit = 1_000;
const promptTag = "mlflow.prompt.is_prompt";

/** Searches hide prompts that they do not name. */
function versionsOf({ name, tags }: words.RegisteredModel): string {
  const prompts = tagOf(tags, promptTag) === "true" ? ` AND tags.\`${promptTag}\` = 'true'` : "";
  const quoted = quoteText(name);
  if (quoted === null)
    throw new Error("its name has both kinds of quotes, for which MLflow's filters have no words");
  return `name = ${quoted}${prompts}`;
}

/** A version by its number and its birth, so that versions of one name from two servers are told apart. */
const markOf = ({ version, creation_timestamp }: words.ModelVersion): string =>
  `${version}/${creation_timestamp}`;

interface CopiedVersions {
  /** The copies' numbers by the sources'. */
  readonly numbers: ReadonlyMap<string, string>;
  /** Whether a version waits for one of another model, of which it is a copy. */
  readonly postponed: boolean;
}

const waitsForOther = (source: words.ModelVersion, error: unknown): boolean =>
  error instanceof Refusal && error.status === 404 && ownerOfSource(source.source).kind === "version";

/** Copies the versions of registered models, with their numbers. */
export function createVersionCopier(context: CopyContext, copiers: Copiers) {
  const { to, read, there, report, dryRun } = context;

  /** The copies of a model's versions by the sources' numbers. */
  async function findCopies(model: words.RegisteredModel): Promise<Map<string, words.ModelVersion>> {
    const copies = new Map<string, words.ModelVersion>();
    for await (const copy of there.versions(versionsOf(model))) {
      const number = tagOf(copy.tags, sourceTags.version);
      if (number === undefined) continue;
      // Made only to pass over its number, by a copy that broke off.
      if (Number(copy.version) < Number.parseInt(number, 10)) await removeVersion(context, copy);
      else copies.set(number, copy);
    }
    return copies;
  }

  async function copyVersion(
    source: words.ModelVersion,
    before: words.ModelVersion | undefined,
    numbers: ReadonlyMap<string, string>,
    last: boolean,
  ): Promise<string | null> {
    if (before !== undefined) {
      const changed = await describeVersion(context, source, before);
      if (changed || !last) report.count("modelVersions", changed ? "changed" : "there");
      return before.version;
    }
    const found = await locateVersion(copiers, source, numbers);
    if (typeof found === "string") {
      report.skip(`version ${source.version} of ${source.name}`, found);
      return null;
    }
    const made = dryRun ? source : await makeVersion(to, source, found);
    if (!dryRun) await describeVersion(context, source, made);
    report.count("modelVersions", "made");
    return made.version;
  }

  return {
    /** Copies all versions of a model, lowest number first. */
    async copy(model: words.RegisteredModel, exists: boolean, last: boolean): Promise<CopiedVersions> {
      const copies = exists ? await findCopies(model) : new Map<string, words.ModelVersion>();
      const sources: words.ModelVersion[] = [];
      for await (const version of read.versions(versionsOf(model))) sources.push(version);
      sources.sort((a, b) => Number(a.version) - Number(b.version));
      const numbers = new Map<string, string>();
      let postponed = false;
      for (const source of sources) {
        context.signal.throwIfAborted();
        try {
          const copy = await copyVersion(source, copies.get(markOf(source)), numbers, last);
          if (copy !== null) numbers.set(source.version, copy);
        } catch (error) {
          if (!last && waitsForOther(source, error)) postponed = true;
          else report.fail(`version ${source.version} of ${model.name}`, reasonOf(error));
          // The versions after it would take its number.
          if (postponed) break;
        }
      }
      return { numbers, postponed };
    },
  };
}

export type VersionCopier = ReturnType<typeof createVersionCopier>;

async function removeVersion(
  { to, dryRun }: CopyContext,
  { name, version }: words.ModelVersion,
): Promise<void> {
  if (!dryRun) await to.call(nothing, "DELETE", "model-versions/delete", { body: { name, version } });
}

/** Makes a version with the number that it had, or a higher one where that is taken; lower ones are passed over. */
async function makeVersion(
  to: Server,
  source: words.ModelVersion,
  found: Located,
): Promise<words.ModelVersion> {
  const { name, description, run_link } = source;
  const tags = [...ownTags(source.tags), { key: sourceTags.version, value: markOf(source) }];
  const body = { name, description, run_link, tags, ...found };
  for (let passed = 0; passed < gapLimit; passed += 1) {
    const answer = await to.call(oneVersion, "POST", "model-versions/create", { body, again: false });
    const { version } = answer.model_version;
    if (Number(version) >= Number(source.version)) return answer.model_version;
    await to.call(nothing, "DELETE", "model-versions/delete", { body: { name, version } });
  }
  throw new Error(`more than ${gapLimit} numbers lie between it and the version before`);
}

/** Gives a copy what it lacks of description, tags and stage; answers whether it lacked anything. */
async function describeVersion(
  { to, dryRun }: CopyContext,
  source: words.ModelVersion,
  { name, version, ...copy }: words.ModelVersion,
): Promise<boolean> {
  const id = { name, version };
  const { description, current_stage: stage } = source;
  const tags = missingTags(ownTags(source.tags), copy.tags);
  const moved = stage !== "" && stage !== "None" && stage !== copy.current_stage;
  const differs = description !== "" && description !== copy.description;
  if (dryRun) return moved || differs || tags.length > 0;
  if (differs) await to.call(nothing, "PATCH", "model-versions/update", { body: { ...id, description } });
  for (const tag of tags)
    await to.call(nothing, "POST", "model-versions/set-tag", { body: { ...id, ...tag } });
  if (moved)
    await to.call(nothing, "POST", "model-versions/transition-stage", {
      body: { ...id, stage, archive_existing_versions: false },
    });
  return moved || differs || tags.length > 0;
}
