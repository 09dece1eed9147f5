import { predictionLogTag } from "@bedplate/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ModelService, openModelService } from "../../testing/model-service.ts";
import { linearModel } from "../../testing/onnx-model.ts";
import { openReceiver, type Receiver } from "../../testing/receiver.ts";
import { openPredictions } from "../events/predictions.ts";
import { createPredictionStore } from "../store/prediction-store.ts";

let service: ModelService;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await openReceiver();
  service = await openModelService();
  const { db, ports } = service;
  const predictionLog = {
    ...ports.settings.predictionLog,
    url: receiver.url,
    queueLimit: 3,
    recordLimitBytes: 200,
  };
  const log = { warn: () => {} };
  const made = openPredictions({ ...ports, db, log, settings: { ...ports.settings, predictionLog } });
  await ports.predictions.close();
  Object.assign(ports.predictions, made);
  await service.deploy("kept", 1, linearModel([1, 10], 0.5));
  await service.deploy("silent", 1, linearModel([1, 10], 0.5));
  const tags = [{ key: predictionLogTag, value: "1" }];
  await ports.registry.models.create({ name: "kept", description: "", tags, actor: "ada" });
  await ports.registry.models.create({ name: "silent", description: "", tags: [], actor: "ada" });
  await ports.predictions.follow();
});
afterAll(async () => {
  await service.close();
  await receiver.close();
});

const json = { "content-type": "application/json" };
const infer = (model: string, id: string | undefined, rows = 1) =>
  service.post(
    `/v2/models/${model}/infer`,
    {
      id,
      inputs: [
        { name: "x", datatype: "FP32", shape: [rows, 2], data: Array.from({ length: rows * 2 }, () => 2) },
      ],
    },
    json,
  );
const label = (labels: readonly object[]) =>
  service.post("/api/bedplate/v1/models/kept/labels", { labels }, json);
const list = async (query = "") =>
  (await service.get(`/api/bedplate/v1/models/kept/predictions${query}`)).json();
const lost = async () =>
  (await service.ports.metrics.predictionsLostTotal.get()).values.map(({ labels, value }) => [
    `${labels.sink} ${labels.reason}`,
    value,
  ]);

test("what a model's tag asks for is kept under the request's id, and other models leave nothing", async () => {
  const answer = await infer("kept", "r 1");
  expect(answer.headers["x-bedplate-prediction-id"]).toBe("r%201");
  expect((await infer("silent", "r2")).headers).not.toHaveProperty("x-bedplate-prediction-id");
  const nameless = await infer("kept", undefined);
  expect(nameless.headers["x-bedplate-prediction-id"]).toMatch(/^[0-9a-f-]{36}$/);
  await service.ports.predictions.flush();
  const { predictions, next } = await list();
  expect(next).toBeNull();
  expect(predictions).toHaveLength(2);
  expect(predictions[0]).toMatchObject({
    id: "r 1",
    version: 1,
    inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [2, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [1, 1], data: [22.5] }],
  });
  expect(receiver.received.map(({ headers }) => headers["ce-type"])).toEqual([
    "org.kubeflow.serving.inference.request",
    "org.kubeflow.serving.inference.response",
    "org.kubeflow.serving.inference.request",
    "org.kubeflow.serving.inference.response",
  ]);
  expect(receiver.received[1]?.headers["ce-id"]).toBe("r%201");
});

test("an id that no database holds is kept as one that it does", async () => {
  const answer = await infer("kept", "a\0\ud800");
  expect(answer.headers["x-bedplate-prediction-id"]).toBe(encodeURIComponent("a\ufffd\ufffd"));
  await service.ports.predictions.flush();
  expect((await list()).predictions.at(-1)).toMatchObject({ id: "a\ufffd\ufffd" });
});

test("labels that come later are joined by the id, and the same label again changes nothing", async () => {
  const first = await label([
    { id: "r 1", label: { species: "Adelie" }, observedAt: 7 },
    { id: "unknown", label: 1 },
  ]);
  expect(first.json()).toEqual({ changed: 2 });
  expect((await label([{ id: "r 1", label: { species: "Adelie" }, observedAt: 9 }])).json()).toEqual({
    changed: 0,
  });
  const { predictions } = await list("?labelled=true");
  expect(predictions).toMatchObject([{ id: "r 1", label: { species: "Adelie" }, observedAt: 7 }]);
  expect((await label([{ id: "r 1", label: 2 }])).json()).toEqual({ changed: 1 });
  const events = await service.db
    .selectFrom("events")
    .select("data")
    .where("type", "=", "dev.bedplate.predictions.labelled")
    .orderBy("sequence")
    .execute();
  expect(events.map(({ data }) => data)).toEqual([
    { model: "kept", labels: 2 },
    { model: "kept", labels: 1 },
  ]);
});

test("bad labels are refused whole, with every problem", async () => {
  const before = await list("?labelled=true");
  for (const labels of [
    [],
    [{ id: "", label: 1 }],
    [{ id: "a", label: null }],
    [{ id: "a", label: "x".repeat(5_000) }],
  ]) {
    expect((await label(labels)).statusCode).toBe(400);
  }
  expect((await label(Array.from({ length: 1_001 }, () => ({ id: "a", label: 1 })))).statusCode).toBe(400);
  expect((await label([{ id: "r 1", label: 3 }, { id: "b" }])).statusCode).toBe(400);
  expect((await list("?from=9&to=8")).code).toBe("INVALID_REQUEST");
  expect(await list("?labelled=true")).toEqual(before);
});

test("a full log and a large prediction cost the log, not the answer, and are counted by reason", async () => {
  for (const id of ["a", "b", "c", "d"]) expect((await infer("kept", id)).statusCode).toBe(200);
  expect((await infer("kept", "large", 100)).statusCode).toBe(200);
  expect(await lost()).toEqual(
    expect.arrayContaining([
      ["parquet full", 1],
      ["parquet too_large", 1],
      ["events too_large", 1],
    ]),
  );
  await service.ports.predictions.flush();
  const ids = (await list()).predictions.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(expect.arrayContaining(["a", "b", "c"]));
  expect(ids).not.toContain("d");
});

test("another model of the same name has nothing of the first, and what is old is forgotten", async () => {
  const files = await service.ports.artifacts.files("teams/default/predictions", 10);
  expect(files.length).toBeGreaterThan(0);
  expect(files[0]?.path).toMatch(
    /^teams\/default\/predictions\/[0-9a-f-]{36}\/date=\d{4}-\d\d-\d\d\/\d{13}-.*\.parquet$/,
  );
  await service.ports.registry.models.delete("kept", "ada");
  await service.ports.registry.models.create({ name: "kept", description: "", tags: [], actor: "ada" });
  expect(await list()).toEqual({ predictions: [], next: null });
  const { db, ports } = service;
  const store = createPredictionStore(db, ports.artifacts, Date.now);
  await store.forget(Date.now() - 172_800_000);
  expect(await ports.artifacts.files("teams/default/predictions", 10)).toHaveLength(files.length);
  await store.forget(Date.now() + 172_800_000);
  expect(await ports.artifacts.files("teams/default/predictions", 10)).toEqual([]);
  expect(await db.selectFrom("prediction_labels").selectAll().execute()).toEqual([]);
});
