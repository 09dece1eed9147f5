import { randomBytes } from "node:crypto";
import type { Call } from "./load.ts";
import { seededExperiment } from "./seed.ts";

/** What one scenario does to a server. */
export interface Scenario {
  readonly key: string;
  /** Makes what the calls need; `send` gives the answer's text. */
  readonly prepare: (send: (call: Call) => Promise<string>) => Promise<() => Call>;
}

const api = "/api/2.0/mlflow";
const runsOfBatches = 16;

const createRun = (experimentId: string): Call => ({
  method: "POST",
  path: `${api}/runs/create`,
  body: {
    experiment_id: experimentId,
    start_time: Date.now(),
    run_name: `run-${randomBytes(4).toString("hex")}`,
    tags: [
      { key: "mlflow.user", value: "bench" },
      { key: "mlflow.source.name", value: "train.py" },
      { key: "mlflow.source.type", value: "LOCAL" },
    ],
  },
});

async function newExperiment(send: (call: Call) => Promise<string>): Promise<string> {
  const name = `bench ${randomBytes(6).toString("hex")}`;
  const text = await send({ method: "POST", path: `${api}/experiments/create`, body: { name } });
  return (JSON.parse(text) as { experiment_id: string }).experiment_id;
}

async function newRuns(send: (call: Call) => Promise<string>): Promise<readonly string[]> {
  const experimentId = await newExperiment(send);
  const ids: string[] = [];
  for (let made = 0; made < runsOfBatches; made++) {
    const text = await send(createRun(experimentId));
    ids.push((JSON.parse(text) as { run: { info: { run_id: string } } }).run.info.run_id);
  }
  return ids;
}

/** As a training loop logs: ten metrics, their next steps in every batch. */
function logBatch(size: number): Scenario {
  const keys = 10;
  return {
    key: `log-batch-${size}`,
    async prepare(send) {
      const ids = await newRuns(send);
      let batch = 0;
      return () => {
        const first = Math.floor(batch / ids.length) * (size / keys);
        const run_id = ids[batch++ % ids.length];
        const metrics = Array.from({ length: size }, (_, at) => ({
          key: `metric_${at % keys}`,
          value: Math.random(),
          timestamp: Date.now(),
          step: first + Math.floor(at / keys),
        }));
        return { method: "POST", path: `${api}/runs/log-batch`, body: { run_id, metrics } };
      };
    },
  };
}

/** All that is measured in requests per second. */
export const scenarios: readonly Scenario[] = [
  {
    key: "create-run",
    async prepare(send) {
      const experimentId = await newExperiment(send);
      return () => createRun(experimentId);
    },
  },
  logBatch(10),
  logBatch(500),
  {
    key: "search-1000",
    prepare: async () => () => ({
      method: "POST",
      path: `${api}/runs/search`,
      body: { experiment_ids: [seededExperiment(0)], max_results: 1_000 },
    }),
  },
  {
    key: "registry-search",
    prepare: async () => () => ({ method: "GET", path: `${api}/registered-models/search?max_results=100` }),
  },
];
