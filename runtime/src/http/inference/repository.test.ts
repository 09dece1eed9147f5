import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelService, openModelService } from "../../../testing/model-service.ts";
import { linearModel } from "../../../testing/onnx-model.ts";

let service: ModelService;
beforeAll(async () => {
  service = await openModelService();
  await service.deploy("a", 1, linearModel([1]));
  await service.deploy("b", 4, linearModel([2]));
  await service.deploy("broken", 2, Buffer.from("not a model"));
});
afterAll(() => service.close());

const row = { instances: [[3]] };

describe("the model repository", () => {
  test("lists every model, why one is not ready, and only the ready ones when asked", async () => {
    const all = (await service.post("/v2/repository/index", {})).json();
    expect(all).toEqual([
      { name: "a", version: "1", state: "READY", reason: "" },
      { name: "b", version: "4", state: "READY", reason: "" },
      { name: "broken", version: "2", state: "UNAVAILABLE", reason: expect.stringContaining("ONNX") },
    ]);
    expect((await service.post("/v2/repository/index", { ready: true })).json()).toHaveLength(2);
    for (const url of ["/v2/models", "/v1/models"]) {
      expect((await service.get(url)).json()).toEqual({ models: ["a", "b"] });
    }
    expect((await service.get("/v1/models/a")).json()).toEqual({ name: "a", ready: true });
  });

  test("an unloaded model answers 404 until it is loaded again, whatever the registry says meanwhile", async () => {
    expect((await service.post("/v2/repository/models/a/unload", {})).statusCode).toBe(200);
    await service.host.reconcile();
    const gone = await service.post("/v1/models/a:predict", row);
    expect(gone.json()).toMatchObject({
      code: "MODEL_NOT_SERVED",
      error: expect.stringContaining("unloaded"),
    });
    expect((await service.post("/v2/repository/index", {})).json()[0].state).toBe("UNAVAILABLE");
    expect((await service.post("/v2/repository/models/a/load", {})).statusCode).toBe(200);
    expect((await service.post("/v1/models/a:predict", row)).json()).toEqual({ predictions: [[3]] });
  });

  test("a body without a content type is JSON, and none at all asks for everything", async () => {
    const bare = await service.post("/v2/repository/index", Buffer.from('{"ready":true}'));
    expect(bare.json()).toHaveLength(2);
    expect((await service.post("/v2/repository/index", undefined)).json()).toHaveLength(3);
  });

  test("a model that cannot be loaded says why", async () => {
    const answer = await service.post("/v2/repository/models/broken/load", {});
    expect(answer.json()).toMatchObject({ code: "MODEL_NOT_ONNX" });
  });

  test("a promotion serves a model that was unloaded", async () => {
    await service.post("/v2/repository/models/b/unload", {});
    await service.host.check({ model: "b", version: 4, artifactPath: "b/4" });
    await service.host.reconcile();
    expect((await service.post("/v1/models/b:predict", row)).json()).toEqual({ predictions: [[6]] });
  });

  test("tells each model's configuration and what it has done", async () => {
    expect((await service.get("/v2/models/a/config")).json()).toMatchObject({
      name: "a",
      backend: "onnxruntime",
      max_batch_size: 0,
      input: [{ name: "x", data_type: "TYPE_FP32", dims: [-1, 1] }],
    });
    await service.post("/v1/models/a:predict", { instances: [[1], [2], [3]] });
    const { model_stats: stats } = (await service.get("/v2/models/a/versions/1/stats")).json();
    expect(stats).toMatchObject([{ name: "a", version: "1", execution_count: expect.any(Number) }]);
    expect(stats[0].inference_count).toBeGreaterThanOrEqual(3);
    expect(stats[0].inference_stats.success.ns).toBeGreaterThan(0);
    expect((await service.get("/v2/models/stats")).json().model_stats).toHaveLength(2);
    expect((await service.get("/v2/models/none/stats")).statusCode).toBe(404);
  });
});
