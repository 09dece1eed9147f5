import { createHash } from "node:crypto";
import { z } from "zod";
import { type CopyContext, createSharing } from "./context.ts";
import { copyFolder, digestFolder, loggedModelFolder } from "./folders.ts";
import type { RunCopier } from "./runs.ts";
import { Refusal, type Server } from "./server.ts";
import { ownTags, sourceTags, tagOf } from "./source-tags.plan.ts";
import * as words from "./words.ts";

const oneModel = z.object({ model: words.loggedModel });
const nothing = z.object({});
const ended: readonly unknown[] = ["LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"];

/** Copies logged models, which MLflow has since 3.0, and says which run read or made which. */
export function createLoggedModelCopier(context: CopyContext, runs: RunCopier) {
  const { from, to, there, report, dryRun } = context;
  const share = createSharing<words.LoggedModel | null>();

  async function find(sourceId: string, experimentId: string): Promise<words.LoggedModel | null> {
    const filter = `tags.\`${sourceTags.loggedModel}\` = '${sourceId}'`;
    for await (const [model] of there.loggedModels(experimentId, filter))
      if (model !== undefined) return model;
    return null;
  }

  async function make({ info, data }: words.LoggedModel, experiment_id: string): Promise<words.LoggedModel> {
    const run = info.source_run_id === "" ? null : await runs.copyOf(info.source_run_id);
    const tags = [...ownTags(info.tags), { key: sourceTags.loggedModel, value: info.model_id }];
    const { name, model_type } = info;
    const source_run_id = run?.info.run_id ?? "";
    const body = { experiment_id, name, model_type, source_run_id, params: data.params, tags };
    return (await to.call(oneModel, "POST", "logged-models", { body, again: false })).model;
  }

  /** The copy of a model, made without its content where there is none yet; null in a dry run that would make it. */
  async function shellOf(source: words.LoggedModel): Promise<words.LoggedModel | null> {
    const { model_id, experiment_id } = source.info;
    const experimentId = context.experiments.get(experiment_id);
    if (experimentId === undefined) throw new Error(`its experiment ${experiment_id} is not copied`);
    if (experimentId === null) return null;
    return await share(model_id, async () => {
      const known = await find(model_id, experimentId);
      return known !== null || dryRun ? known : await make(source, experimentId);
    });
  }

  async function copy(source: words.LoggedModel): Promise<void> {
    if (!context.takesLoggedModels) {
      return report.skip(`logged model ${source.info.model_id}`, "the other server is older than MLflow 3");
    }
    const files = loggedModelFolder(from, source.info.model_id, source.info.artifact_uri);
    const content = digestModel(source, await digestFolder(files));
    const copied = await shellOf(source);
    const done = tagOf(copied?.info.tags, sourceTags.loggedModelContent);
    const outcome = done === content ? "there" : done === undefined ? "made" : "changed";
    if (outcome !== "there" && copied !== null && !dryRun) {
      await fill(source, copied, files);
      await mark(to, source, copied, content);
    }
    report.count("loggedModels", outcome);
  }

  async function fill(
    source: words.LoggedModel,
    target: words.LoggedModel,
    files: ReturnType<typeof loggedModelFolder>,
  ) {
    const { model_id, artifact_uri } = target.info;
    const what = `logged model ${source.info.model_id}`;
    await copyFolder(files, loggedModelFolder(to, model_id, artifact_uri), what, report);
    for (const { run_id, ...metric } of source.data.metrics) {
      const run = run_id === undefined ? null : await runs.copyOf(run_id);
      if (run === null) report.skip(`metric ${metric.key} of ${what}`, "its run is gone");
      else
        await to.call(nothing, "POST", "runs/log-batch", {
          body: { run_id: run.info.run_id, metrics: [{ ...metric, model_id }] },
        });
    }
  }

  /** The copy of a model by the source's id; null where the source has none, or in a dry run. */
  async function copyOf(id: string): Promise<words.LoggedModel | null> {
    if (!context.takesLoggedModels) return null;
    const address = `logged-models/${encodeURIComponent(id)}`;
    const source = await from.call(oneModel, "GET", address).catch((error) => {
      if (error instanceof Refusal && error.status === 404) return null;
      throw error;
    });
    return source === null ? null : await shellOf(source.model);
  }

  /** The copies' ids of models; what the source has no more is left out. */
  async function copiesOf<T extends { readonly model_id: string }>(all: readonly T[]): Promise<readonly T[]> {
    const copies = await Promise.all(all.map(({ model_id }) => copyOf(model_id)));
    return all.flatMap((one, at) => {
      const model_id = copies[at]?.info.model_id;
      return model_id === undefined ? [] : [{ ...one, model_id }];
    });
  }

  return {
    copy,
    copyOf,
    /** Tells a run's copy which models it read and made. */
    async link({ inputs, outputs }: words.Run, run_id: string): Promise<void> {
      const read = await copiesOf(inputs.model_inputs);
      if (read.length > 0)
        await to.call(nothing, "POST", "runs/log-inputs", { body: { run_id, models: read } });
      const made = await copiesOf(outputs.model_outputs);
      if (made.length > 0) await to.call(nothing, "POST", "runs/outputs", { body: { run_id, models: made } });
    },
  };
}

export type LoggedModelCopier = ReturnType<typeof createLoggedModelCopier>;

/** Last of all, so that a copy that broke off is taken up again. */
async function mark(
  to: Server,
  { info }: words.LoggedModel,
  target: words.LoggedModel,
  content: string,
): Promise<void> {
  const address = `logged-models/${encodeURIComponent(target.info.model_id)}`;
  const { model_id } = target.info;
  if (ended.includes(info.status))
    await to.call(nothing, "PATCH", address, { body: { model_id, status: info.status } });
  const tags = [...ownTags(info.tags), { key: sourceTags.loggedModelContent, value: content }];
  await to.call(nothing, "PATCH", `${address}/tags`, { body: { tags } });
}

function digestModel({ info, data }: words.LoggedModel, files: string): string {
  const sorted = (all: readonly unknown[]) => all.map((one) => JSON.stringify(one)).sort();
  const parts = [
    info.name,
    info.model_type,
    info.status,
    ...[ownTags(info.tags), data.params, data.metrics].map(sorted),
    files,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
