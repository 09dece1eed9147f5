import { z } from "zod";
import type { CopyContext } from "./context.ts";
import { Refusal } from "./server.ts";
import { missingTags, ownTags } from "./source-tags.plan.ts";
import type { VersionCopier } from "./versions.ts";
import * as words from "./words.ts";

const oneModel = z.object({ registered_model: words.registeredModel });
const nothing = z.object({});

/** Copies registered models with their versions, numbers, aliases, stages and tags; prompts are models too. */
export function createRegistryCopier(context: CopyContext, versions: VersionCopier) {
  const { to, report, dryRun } = context;

  /** Answers whether the model is to be copied again after the others, because a version is made from one of theirs. */
  async function copyModel(source: words.RegisteredModel, last: boolean): Promise<boolean> {
    const { name, description } = source;
    const tags = ownTags(source.tags);
    const before = await to.call(oneModel, "GET", "registered-models/get", { query: { name } }).catch(absent);
    if (before === null && !dryRun)
      await to.call(nothing, "POST", "registered-models/create", {
        body: { name, description, tags },
        again: false,
      });
    const changed = before !== null && (await describeModel(source, before.registered_model));
    if (!last) report.count("registeredModels", before === null ? "made" : changed ? "changed" : "there");
    const { numbers, postponed } = await versions.copy(source, before !== null, last);
    if (postponed) return true;
    const aliases = new Map(before?.registered_model.aliases.map(({ alias, version }) => [alias, version]));
    for (const alias of source.aliases) await copyAlias(name, alias, aliases, numbers);
    return false;
  }

  async function describeModel(source: words.RegisteredModel, copy: words.RegisteredModel): Promise<boolean> {
    const { name, description } = source;
    const tags = missingTags(ownTags(source.tags), copy.tags);
    const differs = description !== "" && description !== copy.description;
    if (dryRun) return differs || tags.length > 0;
    if (differs) await to.call(nothing, "PATCH", "registered-models/update", { body: { name, description } });
    for (const tag of tags)
      await to.call(nothing, "POST", "registered-models/set-tag", { body: { name, ...tag } });
    return differs || tags.length > 0;
  }

  /** An alias is set where there is none; one that names another version here is somebody's decision. */
  async function copyAlias(
    name: string,
    { alias, version }: { readonly alias: string; readonly version: string },
    aliases: ReadonlyMap<string, string>,
    numbers: ReadonlyMap<string, string>,
  ): Promise<void> {
    const what = `alias ${alias} of ${name}`;
    const now = aliases.get(alias);
    const wanted = numbers.get(version);
    if (now !== undefined && now === wanted) return report.count("aliases", "there");
    if (now !== undefined) return report.skip(what, `it names version ${now} there, and stays so`);
    if (dryRun) return report.count("aliases", "made");
    if (wanted === undefined) return report.skip(what, `version ${version} is not copied`);
    try {
      await to.call(nothing, "POST", "registered-models/alias", { body: { name, alias, version: wanted } });
      report.count("aliases", "made");
    } catch (error) {
      if (!(error instanceof Refusal) || error.status >= 500) throw error;
      report.skip(what, error.message);
    }
  }

  return { copy: copyModel };
}

function absent(error: unknown): null {
  if (error instanceof Refusal && error.status === 404) return null;
  throw error;
}
