import { afterAll, beforeAll, expect, test } from "vitest";
import { createRegistryStore } from "../../runtime/src/store/registry-store.ts";
import { createTrackingStore } from "../../runtime/src/store/tracking-store.ts";
import { openPostgresDatabase, type PostgresDatabase } from "../support/postgres-database.ts";

let opened: PostgresDatabase;
beforeAll(async () => {
  opened = await openPostgresDatabase(8);
});
afterAll(() => opened.close());

const actor = "test";
const noTags = { tags: [] };

async function newRun(): Promise<string> {
  const tracking = createTrackingStore(opened.db);
  const run = { experimentId: 0, name: "", userId: "", startTime: undefined, actor, ...noTags };
  return (await tracking.runs.create(run)).run_id;
}

test("fifty versions created at once over many connections are numbered 1 to 50", async () => {
  const registry = createRegistryStore(opened.db);
  await registry.models.create({ name: "crowd", description: "", actor, ...noTags });
  const blank = { runId: "", runLink: "", description: "", modelId: "", actor, ...noTags };
  const version = { name: "crowd", source: "mlflow-artifacts:/0/x", ...blank };
  const made = await Promise.all(Array.from({ length: 50 }, () => registry.versions.create(version)));
  expect(made.map((each) => each.version).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 50 }, (_, at) => at + 1),
  );
});

test("two hundred batches that meet on the same metrics, params and tags neither lock up nor lose a value", async () => {
  const { metrics, runs } = createTrackingStore(opened.db);
  const runId = await newRun();
  const keys = Array.from({ length: 20 }, (_, at) => `k${at}`);
  const batches = Array.from({ length: 200 }, (_, step) => {
    const shuffled = step % 2 === 0 ? keys : keys.toReversed();
    return metrics.log(runId, {
      metrics: shuffled.map((key) => ({ key, value: step, step, timestamp: 1 })),
      params: shuffled.map((key) => ({ key, value: "same" })),
      tags: shuffled.map((key) => ({ key, value: String(step) })),
    });
  });
  await Promise.all(batches);
  const run = await runs.get(runId);
  expect(run.metrics.map(({ value }) => value)).toEqual(keys.map(() => 199));
  expect((await metrics.history(runId, "k7", 1_000, undefined)).items).toHaveLength(200);
});

test("of two values for one param, sent at once, one is kept and the other refused", async () => {
  const { metrics, runs } = createTrackingStore(opened.db);
  const runId = await newRun();
  const log = (value: string) =>
    metrics.log(runId, { metrics: [], params: [{ key: "p", value }], ...noTags });
  const outcomes = await Promise.allSettled(["a", "b"].map(log));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect((await runs.get(runId)).params).toHaveLength(1);
});

test("searches with every kind of condition and order run on the real server too", async () => {
  const { runs, experiments, loggedModels } = createTrackingStore(opened.db);
  const filter =
    "metrics.a >= -1.5e3 AND params.b LIKE 'x%' AND tags.c IS NULL AND dataset.name IN ('d') AND dataset.context = 'e' AND start_time > 1 AND run_name ILIKE '%y\\'";
  const request = {
    filter,
    orderBy: ["metrics.a DESC", "tags.c", "end_time"],
    limit: 5,
    pageToken: undefined,
  };
  expect((await runs.search([0], "ALL", request)).items).toEqual([]);
  const blank = { filter: "", orderBy: [], limit: 5, pageToken: undefined };
  expect((await experiments.search("ALL", { ...blank, filter: "tags.a = 'b'" })).items).toEqual([]);
  expect((await loggedModels.search([0], { ...blank, filter: "metrics.a < 1" })).items).toEqual([]);
  const registry = createRegistryStore(opened.db);
  expect((await registry.versions.search({ ...blank, filter: "version_number >= 50" })).items).toHaveLength(
    1,
  );
  expect((await registry.list({ limit: 5 })).models[0]?.versions[0]).toMatchObject({ version: 50 });
});
