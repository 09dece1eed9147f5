import type { MetricValue, Run, RunInfo, WrittenRun } from "../../store/run-rows.ts";

/** JSON has no NaN; protobuf's JSON writes it as text, and every client of MLflow reads that. */
export const toMetric = ({ key, value, step, timestamp }: MetricValue) => ({
  key,
  value: Number.isNaN(value) ? "NaN" : value,
  timestamp,
  step,
});

export const toRunInfo = (run: RunInfo) => ({
  run_id: run.run_id,
  run_uuid: run.run_id,
  run_name: run.name,
  experiment_id: String(run.experiment_id),
  user_id: run.user_id,
  status: run.status,
  start_time: run.start_time,
  ...(run.end_time === null ? {} : { end_time: run.end_time }),
  artifact_uri: run.artifact_uri,
  lifecycle_stage: run.lifecycle_stage,
});

/** A run in MLflow's words. */
export const toRun = (run: Run) => ({
  info: toRunInfo(run),
  data: { metrics: run.metrics.map(toMetric), params: run.params, tags: run.tags },
  inputs: {
    dataset_inputs: run.inputs,
    model_inputs: run.modelInputs.map(({ modelId }) => ({ model_id: modelId })),
  },
  outputs: { model_outputs: run.modelOutputs.map(({ modelId, step }) => ({ model_id: modelId, step })) },
});

/** The same as JSON, for what was read as JSON. */
export const writeRun = (run: WrittenRun): string =>
  `{"info":${JSON.stringify(toRunInfo(run))},` +
  `"data":{"metrics":${run.metrics},"params":${run.params},"tags":${run.tags}},` +
  `"inputs":{"dataset_inputs":${run.inputs},"model_inputs":${run.model_inputs}},` +
  `"outputs":{"model_outputs":${run.model_outputs}}}`;
