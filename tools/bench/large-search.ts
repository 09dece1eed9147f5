import type { PostgresServer } from "../peers/postgres.ts";
import { type Call, connect } from "./load.ts";
import { type Options, progress } from "./options.ts";
import { seededExperiment, seedOurs } from "./seed.ts";
import { prepareOurs } from "./servers.ts";
import { quantile, round } from "./statistics.plan.ts";

const experiments = 20;
const searchesOfEach = 40;
/** What MLflow's own page asks for at once. */
const pageSize = 100;
const thousand = 1_000;

/** The questions that people ask of many runs: what they filter by and what they order by. */
const questions: Readonly<
  Record<string, { readonly filter?: string; readonly orderBy?: readonly string[] }>
> = {
  newest: {},
  "few by a metric": { filter: "metrics.accuracy > 0.99" },
  "half by a metric": { filter: "metrics.accuracy > 0.5" },
  "none by a metric": { filter: "metrics.accuracy > 2" },
  "few by two metrics": { filter: "metrics.loss < 0.05 AND metrics.auc > 0.9" },
  "best by a metric": { orderBy: ["metrics.accuracy DESC"] },
  "lowest by a metric": { orderBy: ["metrics.loss ASC"] },
  "best of a param": { filter: "params.learning_rate = '0.01'", orderBy: ["metrics.accuracy DESC"] },
  "best of a tag": { filter: "tags.team = 'team-7'", orderBy: ["metrics.auc DESC"] },
  "one by a param": { filter: "params.seed = '12345'" },
  "few by param and tag": { filter: "params.depth = '7' AND tags.team = 'team-11'" },
  "best of good ones": { filter: "metrics.loss < 1", orderBy: ["metrics.accuracy DESC"] },
};

/** Latency of searches, one after another, over a million runs with three million latest metrics, or a tenth of that. */
export async function measureLargeSearch(postgres: PostgresServer, { isFull }: Options) {
  const runsOfEach = isFull ? 50_000 : 5_000;
  const label = isFull ? "1m" : "100k";
  const url = await postgres.createDatabase("large");
  const prepared = await prepareOurs(url);
  try {
    await (await prepared.start()).stop();
    progress(`seeding ${experiments * runsOfEach} runs`);
    const began = performance.now();
    await seedOurs(url, { experiments, runsOfEach });
    progress(`seeded in ${Math.round((performance.now() - began) / thousand)} s`);
    const server = await prepared.start();
    const connection = connect(server, 1);
    try {
      const byQuestion = await askAll(connection.send, pageSize);
      const all = Object.values(byQuestion).flat();
      const information = Object.fromEntries(
        Object.entries(byQuestion).map(([name, times]) => [name, round(quantile(times, 0.95))]),
      );
      for (const [name, p95] of Object.entries(information)) progress(`${name}: p95 ${p95} ms`);
      const p95 = round(quantile(all, 0.95));
      progress(`search of ${label}: p50 ${round(quantile(all, 0.5))} ms, p95 ${p95} ms`);
      return {
        limits: { [`search-${label}-p95-ms`]: p95 },
        information: { [`search-${label}-p95-ms-by-question`]: information },
      };
    } finally {
      connection.close();
      await server.stop();
    }
  } finally {
    await prepared.close();
  }
}

async function askAll(send: (call: Call) => Promise<string>, max_results: number) {
  const times: Record<string, number[]> = {};
  for (let at = 0; at < searchesOfEach; at++) {
    for (const [name, { filter = "", orderBy = [] }] of Object.entries(questions)) {
      const body = {
        experiment_ids: [seededExperiment(at % experiments)],
        filter,
        order_by: orderBy,
        max_results,
      };
      const began = performance.now();
      await send({ method: "POST", path: "/api/2.0/mlflow/runs/search", body });
      const list = times[name] ?? [];
      list.push(performance.now() - began);
      times[name] = list;
    }
  }
  return times;
}
