import { z } from "zod";
import type { CopyContext } from "./context.ts";
import { chunks, missingTags, ownTags } from "./source-tags.plan.ts";
import type { Run } from "./words.ts";

/** MLflow's own limits of one batch. */
const paramsInBatch = 100;
const tagsInBatch = 100;
const metricsInBatch = 1_000;
const inputsInBatch = 100;
const nothing = z.object({});

/** Logs what a run's copy lacks. All of it may be sent twice: servers keep one of what is the same. */
export async function logRun({ to, read }: CopyContext, source: Run, copy: Run): Promise<void> {
  const { run_id } = copy.info;
  const log = (body: object) => to.call(nothing, "POST", "runs/log-batch", { body: { run_id, ...body } });
  for (const params of chunks(missingTags(source.data.params, copy.data.params), paramsInBatch))
    await log({ params });
  for (const tags of chunks(missingTags(ownTags(source.data.tags), copy.data.tags), tagsInBatch))
    await log({ tags });
  for (const { key } of source.data.metrics) {
    for await (const page of read.history(source.info.run_id, key)) {
      const values = page.map(({ value, timestamp, step }) => ({ key, value, timestamp, step }));
      for (const metrics of chunks(values, metricsInBatch)) await log({ metrics });
    }
  }
  for (const datasets of chunks(source.inputs.dataset_inputs, inputsInBatch))
    await to.call(nothing, "POST", "runs/log-inputs", { body: { run_id, datasets } });
}
