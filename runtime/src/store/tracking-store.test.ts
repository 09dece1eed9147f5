import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import type { Database } from "./database.ts";
import type { NewMetric } from "./metric-store.ts";
import { createTrackingStore, type TrackingStore } from "./tracking-store.ts";

let opened: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Database;
let now = 1_000;
let tracking: TrackingStore;
beforeAll(async () => {
  opened = await openTestDatabase();
  db = opened.db;
  tracking = createTrackingStore(db, () => now);
});
afterAll(() => opened.close());

let made = 0;
const newExperiment = () => tracking.experiments.create(`experiment ${++made}`, [], "");

async function newRun(experimentId = 0, name = ""): Promise<string> {
  const run = { experimentId, name, userId: "", startTime: undefined, tags: [], actor: "test" };
  return (await tracking.runs.create(run)).run_id;
}

const metric = (key: string, value: number, step = 0, timestamp = 1): NewMetric => ({
  key,
  value,
  step,
  timestamp,
});
const log = (runId: string, metrics: readonly NewMetric[]) =>
  tracking.metrics.log(runId, { metrics, params: [], tags: [] });
const page = { filter: "", orderBy: [], limit: 100, pageToken: undefined };

test("the latest value of a metric is the highest by step, time and value, however the values came in", async () => {
  const value = fc.record({
    step: fc.integer({ min: -2, max: 2 }),
    timestamp: fc.integer({ min: 0, max: 2 }),
    value: fc.integer({ min: -2, max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(value, { minLength: 1 }), { minLength: 1, maxLength: 3 }),
      async (batches) => {
        const runId = await newRun();
        for (const batch of batches)
          await log(
            runId,
            batch.map((each) => ({ key: "m", ...each })),
          );
        const [latest] = batches
          .flat()
          .sort((a, b) => b.step - a.step || b.timestamp - a.timestamp || b.value - a.value);
        const run = await tracking.runs.get(runId);
        expect(run.metrics).toEqual([{ key: "m", ...latest }]);
      },
    ),
    { numRuns: 25 },
  );
});

test("values that are there already, or twice in a batch, are logged once, and their history has pages", async () => {
  const runId = await newRun();
  const metrics = Array.from({ length: 5 }, (_, at) => metric("m", at, at, at));
  await log(runId, metrics.slice(0, 3));
  await log(runId, metrics.slice(0, 3));
  await log(runId, [...metrics, ...metrics]);
  const first = await tracking.metrics.history(runId, "m", 3, undefined);
  expect(first.items.map(({ value }) => value)).toEqual([0, 1, 2]);
  const second = await tracking.metrics.history(runId, "m", 3, first.next ?? "");
  expect(second.items.map(({ value }) => value)).toEqual([3, 4]);
  expect(second.next).toBeNull();
});

test("NaN comes back as NaN and infinities as the largest doubles", async () => {
  const runId = await newRun();
  await log(runId, [metric("nan", Number.NaN), metric("up", Infinity), metric("down", -Infinity)]);
  const { metrics } = await tracking.runs.get(runId);
  expect(Object.fromEntries(metrics.map(({ key, value }) => [key, value]))).toEqual({
    nan: Number.NaN,
    up: Number.MAX_VALUE,
    down: -Number.MAX_VALUE,
  });
});

test("a batch with one param that changes leaves nothing behind", async () => {
  const runId = await newRun();
  const batch = { metrics: [], params: [{ key: "p", value: "1" }], tags: [] };
  await tracking.metrics.log(runId, batch);
  await tracking.metrics.log(runId, batch);
  const changed = {
    metrics: [metric("m", 1)],
    params: [{ key: "p", value: "2" }],
    tags: [{ key: "t", value: "x" }],
  };
  await expect(tracking.metrics.log(runId, changed)).rejects.toThrow("Changing param values is not allowed");
  const run = await tracking.runs.get(runId);
  expect(run).toMatchObject({ metrics: [], params: [{ key: "p", value: "1" }] });
  expect(run.tags.map(({ key }) => key)).toEqual(["mlflow.runName"]);
});

test("history of several runs is thinned out evenly, first and last step included", async () => {
  const [a, b] = [await newRun(), await newRun()];
  await log(
    a,
    Array.from({ length: 100 }, (_, at) => metric("m", at, at)),
  );
  await log(b, [metric("m", 7, 5)]);
  const found = await tracking.metrics.sampled([a, b], "m", null, 10);
  const steps = found.filter(({ runId }) => runId === a).map(({ step }) => step);
  expect(steps).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99]);
  expect(found.filter(({ runId }) => runId === b)).toHaveLength(1);
  const part = await tracking.metrics.sampled([a], "m", { start: 10, end: 12 }, 10);
  expect(part.map(({ step }) => step)).toEqual([10, 11, 12]);
});

test("runs are ordered by a metric with those last that lack it or have NaN, and pages hold each run once", async () => {
  const experimentId = await newExperiment();
  const values = { a: 3, b: Number.NaN, c: 1, d: 2 };
  for (const [name, value] of Object.entries(values))
    await log(await newRun(experimentId, name), [metric("m", value)]);
  await newRun(experimentId, "none");
  const names: string[] = [];
  let pageToken: string | undefined;
  do {
    const found = await tracking.runs.search([experimentId], "ACTIVE_ONLY", {
      filter: "",
      orderBy: ["metrics.m DESC", "run_name"],
      limit: 2,
      pageToken,
    });
    names.push(...found.items.map(({ name }) => name));
    pageToken = found.next ?? undefined;
  } while (pageToken !== undefined);
  expect(names).toEqual(["a", "d", "c", "b", "none"]);
});

test("a filter's text reaches the database as a value, whatever it says", async () => {
  const experimentId = await newExperiment();
  const nasty = ["'; drop table runs; --", "100%", "a\\", "_", "it''s"];
  for (const name of nasty) await newRun(experimentId, name);
  for (const name of nasty) {
    const filter = `run_name = '${name.replaceAll("'", "''")}'`;
    const found = await tracking.runs.search([experimentId], "ALL", { ...page, filter });
    expect(found.items.map((run) => run.name)).toEqual([name]);
  }
  const like = await tracking.runs.search([experimentId], "ALL", { ...page, filter: "run_name LIKE 'a\\'" });
  expect(like.items.map((run) => run.name)).toEqual(["a\\"]);
});

test("a deleted run takes nothing more and is found only where it is asked for", async () => {
  const experimentId = await newExperiment();
  const runId = await newRun(experimentId);
  await tracking.runs.delete(runId);
  await expect(log(runId, [metric("m", 1)])).rejects.toThrow("must be in the 'active' state");
  const count = async (view: "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL") =>
    (await tracking.runs.search([experimentId], view, page)).items.length;
  expect([await count("ACTIVE_ONLY"), await count("DELETED_ONLY"), await count("ALL")]).toEqual([0, 1, 1]);
});

test("a run's creation and end are announced once, and its name is its tag", async () => {
  const runId = await newRun();
  for (const status of ["FINISHED", "FINISHED", "RUNNING"] as const) {
    await tracking.runs.update(runId, { status, name: "renamed", endTime: 5, actor: "test" });
  }
  const events = await db
    .selectFrom("events")
    .select(["type"])
    .where("subject", "=", runId)
    .orderBy("sequence")
    .execute();
  expect(events.map(({ type }) => type)).toEqual(["dev.bedplate.run.created", "dev.bedplate.run.finished"]);
  await tracking.runs.setTag(runId, { key: "mlflow.runName", value: "by tag" });
  expect(await tracking.runs.get(runId)).toMatchObject({ name: "by tag", status: "RUNNING", end_time: 5 });
});

test("what old clients tell about models is kept in a tag that never grows over the limit", async () => {
  const runId = await newRun();
  await tracking.runs.setTag(runId, { key: "mlflow.log-model.history", value: "no JSON" });
  for (let at = 0; at < 20; at += 1) {
    await tracking.runs.rememberModel(runId, JSON.stringify({ at, text: "x".repeat(1_000) }));
  }
  const tag = (await tracking.runs.get(runId)).tags.find(({ key }) => key === "mlflow.log-model.history");
  const history = JSON.parse(tag?.value ?? "") as { at: number }[];
  expect(history.map(({ at }) => at)).toEqual([13, 14, 15, 16, 17, 18, 19]);
});

test("experiments with one name cannot be two, and artifacts lie in the platform's store only", async () => {
  const id = await tracking.experiments.create("once", [{ key: "a", value: "b" }], "");
  expect(await tracking.experiments.get(id)).toMatchObject({ artifact_location: `mlflow-artifacts:/${id}` });
  await expect(tracking.experiments.create("once", [], "")).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  await tracking.experiments.delete(id);
  await expect(tracking.experiments.create("once", [], "")).rejects.toThrow("in deleted state");
  await expect(tracking.experiments.create("far", [], "s3://bucket/x")).rejects.toMatchObject({
    code: "INVALID_REQUEST",
  });
  await expect(tracking.experiments.rename(0, "once")).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  now += 1;
});

test("a logged model has params, tags and the latest metrics, and is gone when deleted", async () => {
  const experimentId = await newExperiment();
  const runId = await newRun(experimentId);
  const { model_id: modelId } = await tracking.loggedModels.create({
    experimentId,
    name: "m",
    modelType: "",
    sourceRunId: runId,
    params: [{ key: "depth", value: "3" }],
    tags: [],
  });
  await log(runId, [
    { ...metric("score", 1, 1), modelId },
    { ...metric("score", 2, 2), modelId, datasetName: "test" },
    { ...metric("score", 3, 2), modelId },
    { ...metric("score", 9), modelId: "m-none" },
  ]);
  const model = await tracking.loggedModels.finalize(modelId, "LOGGED_MODEL_READY");
  expect(model).toMatchObject({ status: "LOGGED_MODEL_READY", params: [{ key: "depth", value: "3" }] });
  expect(model.metrics.map(({ value, datasetName }) => [value, datasetName])).toEqual([
    [3, ""],
    [2, "test"],
  ]);
  const filter = "params.depth = '3' AND metrics.score > 2";
  expect((await tracking.loggedModels.search([experimentId], { ...page, filter })).items).toHaveLength(1);
  await tracking.loggedModels.delete(modelId);
  await expect(tracking.loggedModels.get(modelId)).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect((await tracking.loggedModels.search([experimentId], page)).items).toEqual([]);
});
