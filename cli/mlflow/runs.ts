import { createHash } from "node:crypto";
import { z } from "zod";
import { type CopyContext, createSharing } from "./context.ts";
import { copyFolder, digestFolder, runFolder } from "./folders.ts";
import { logRun } from "./run-data.ts";
import { Refusal } from "./server.ts";
import { ownTags, sourceTags, tagOf } from "./source-tags.plan.ts";
import * as words from "./words.ts";

const oneRun = z.object({ run: words.run });
const nameTag = "mlflow.runName";

/** Copies runs. A copy is found by the tag that names its source, so a second time makes no second one. */
export function createRunCopier(context: CopyContext) {
  const { from, to, there, report, dryRun } = context;
  const share = createSharing<words.Run | null>();

  async function find(sourceId: string, experimentId: string): Promise<words.Run | null> {
    const filter = `tags.\`${sourceTags.run}\` = '${sourceId}'`;
    for (const view of ["ACTIVE_ONLY", "DELETED_ONLY"] as const)
      for await (const [run] of there.runs(experimentId, view, filter)) if (run !== undefined) return run;
    return null;
  }

  /** The copy of a run, made without its content where there is none yet; null in a dry run that would make it. */
  async function shellOf(source: words.Run): Promise<words.Run | null> {
    const { run_id, experiment_id, run_name, user_id, start_time } = source.info;
    const experimentId = context.experiments.get(experiment_id);
    if (experimentId === undefined) throw new Error(`its experiment ${experiment_id} is not copied`);
    if (experimentId === null) return null;
    return await share(run_id, async () => {
      const known = await find(run_id, experimentId);
      if (known !== null || dryRun) return known;
      const tags = ownTags(source.data.tags).filter(({ key }) => key !== nameTag);
      const mark = { key: sourceTags.run, value: run_id };
      const body = { experiment_id: experimentId, run_name, user_id, start_time, tags: [...tags, mark] };
      return (await to.call(oneRun, "POST", "runs/create", { body, again: false })).run;
    });
  }

  /** The copy of a run that only its id is known of; null where the source has no such run any more, or in a dry run. */
  async function copyOf(runId: string): Promise<words.Run | null> {
    const source = await from.call(oneRun, "GET", "runs/get", { query: { run_id: runId } }).catch((error) => {
      if (error instanceof Refusal && error.status === 404) return null;
      throw error;
    });
    return source === null ? null : await shellOf(source.run);
  }

  /** `link` tells the copy which models it read and made. */
  async function copy(
    source: words.Run,
    link: (source: words.Run, copyId: string) => Promise<void>,
  ): Promise<void> {
    const { run_id, artifact_uri } = source.info;
    const files = runFolder(from, run_id, artifact_uri);
    const content = digestRun(source, await digestFolder(files));
    const before = await shellOf(source);
    const done = tagOf(before?.data.tags, sourceTags.runContent);
    if (done === content) return report.count("runs", "there");
    if (before?.info.lifecycle_stage === "deleted")
      return report.skip(`run ${run_id}`, "its copy was deleted");
    if (before === null || dryRun) return report.count("runs", done === undefined ? "made" : "changed");
    await logRun(context, source, before);
    await copyFolder(
      files,
      runFolder(to, before.info.run_id, before.info.artifact_uri),
      `run ${run_id}`,
      report,
    );
    await link(source, before.info.run_id);
    await finish(source, before.info.run_id, content);
    report.count("runs", done === undefined ? "made" : "changed");
  }

  /** Last of all, so that a copy that broke off is taken up again. */
  async function finish({ info }: words.Run, run_id: string, content: string): Promise<void> {
    const body = { run_id, status: info.status, end_time: info.end_time, run_name: info.run_name };
    await to.call(z.object({}), "POST", "runs/update", { body });
    const mark = { run_id, key: sourceTags.runContent, value: content };
    await to.call(z.object({}), "POST", "runs/set-tag", { body: mark });
  }

  return { copy, copyOf };
}

export type RunCopier = ReturnType<typeof createRunCopier>;

/** SHA-256 over what a run holds, in an order that does not depend on the server's. */
function digestRun({ info, data, inputs, outputs }: words.Run, files: string): string {
  const sorted = (all: readonly unknown[]) => all.map((one) => JSON.stringify(one)).sort();
  const { run_name, user_id, status, start_time, end_time } = info;
  const parts = [
    [run_name, user_id, status, start_time, end_time],
    ...[data.metrics, data.params, ownTags(data.tags)].map(sorted),
    ...[inputs.dataset_inputs, inputs.model_inputs, outputs.model_outputs].map(sorted),
    files,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
