import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelService, openModelService } from "../../../testing/model-service.ts";
import { type ElementType, elementTypes, identityModel, linearModel } from "../../../testing/onnx-model.ts";

let service: ModelService;
beforeAll(async () => {
  service = await openModelService();
  await service.deploy("linear", 3, linearModel([1, 10], 0.5));
});
afterAll(() => service.close());

const deploy: ModelService["deploy"] = (...given) => service.deploy(...given);
const get = (url: string) => service.get(url);
const post = (url: string, payload: string | object, more: object = {}) => service.post(url, payload, more);

const row = { inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [3, 4] }] };

describe("the Open Inference Protocol", () => {
  test("tells about the server, a model and whether it is ready", async () => {
    expect((await get("/v2")).json()).toEqual({
      name: "bedplate",
      version: "0.0.0",
      extensions: expect.arrayContaining(["binary_tensor_data", "model_repository", "statistics"]),
    });
    const metadata = (await get("/v2/models/linear")).json();
    expect(metadata).toMatchObject({
      name: "linear",
      versions: ["3"],
      inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    });
    expect((await get("/v2/models/linear/versions/3")).json()).toEqual(metadata);
    expect((await get("/v2/models/linear/ready")).statusCode).toBe(200);
    expect((await get("/v2/models/linear/versions/2/ready")).statusCode).toBe(404);
    expect((await get("/v2/models/none")).json()).toMatchObject({ code: "MODEL_NOT_SERVED" });
  });

  test("predicts, with the caller's id and the version that answered", async () => {
    const answer = await post("/v2/models/linear/infer", { id: "a1", ...row });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toContain("application/json");
    expect(answer.json()).toEqual({
      model_name: "linear",
      model_version: "3",
      id: "a1",
      outputs: [{ name: "y", datatype: "FP32", shape: [1, 1], data: [43.5] }],
    });
    expect((await post("/v2/models/linear/versions/3/infer", row)).statusCode).toBe(200);
    expect((await post("/v2/models/linear/versions/4/infer", row)).json()).toMatchObject({
      code: "MODEL_NOT_SERVED",
      error: expect.stringContaining("version 3 is"),
    });
  });

  const values: Partial<Record<ElementType, unknown[]>> = {
    BOOL: [true, false],
    UINT8: [0, 255],
    UINT16: [0, 65_535],
    UINT32: [0, 4_294_967_295],
    INT8: [-128, 127],
    INT16: [-32_768, 32_767],
    INT32: [-2_147_483_648, 2_147_483_647],
    FP32: [-1.5, "NaN", "-Infinity"],
    FP64: [0.1, 1e300, "Infinity"],
    BYTES: ["", "ä € 😀"],
  };
  for (const [type, data] of Object.entries(values)) {
    test(`carries ${type} through a real model unchanged`, async () => {
      await deploy(`identity-${type}`, 1, identityModel(type as ElementType));
      const inputs = [{ name: "x", datatype: type, shape: [data.length], data }];
      const answer = await post(`/v2/models/identity-${type}/infer`, { inputs });
      expect(answer.json().outputs).toEqual([{ name: "y", datatype: type, shape: [data.length], data }]);
    });
  }

  for (const type of ["INT64", "UINT64"] as const) {
    test(`carries every digit of ${type}`, async () => {
      await deploy(`identity-${type}`, 1, identityModel(type));
      const data = `[9223372036854775807,0,"9007199254740993"]`;
      const body = `{"inputs":[{"name":"x","datatype":"${type}","shape":[3],"data":${data}}]}`;
      const answer = await post(`/v2/models/identity-${type}/infer`, body, {
        "content-type": "application/json",
      });
      expect(answer.body).toContain('"data":[9223372036854775807,0,9007199254740993]');
    });
  }

  test("a model with FP16 is loaded, and JSON is refused for it with the reason", async () => {
    await deploy("half", 1, identityModel("FP16"));
    const answer = await post("/v2/models/half/infer", {
      inputs: [{ name: "x", datatype: "FP16", shape: [1], data: [1] }],
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toContain("FP16");
    expect(elementTypes.FP16).toBe(10);
  });

  test("empty tensors and scalars are tensors too", async () => {
    const empty = { inputs: [{ name: "x", datatype: "FP32", shape: [0, 2], data: [] }] };
    expect((await post("/v2/models/linear/infer", empty)).json().outputs[0]).toMatchObject({
      shape: [0, 1],
      data: [],
    });
    await deploy("scalar", 1, identityModel("FP64", 0));
    const scalar = { inputs: [{ name: "x", datatype: "FP64", shape: [], data: [5] }] };
    expect((await post("/v2/models/scalar/infer", scalar)).json().outputs[0]).toMatchObject({
      shape: [],
      data: [5],
    });
  });

  test("whatever is wrong with a request, it is a 4xx with a code, and the next one is answered", async () => {
    const json = { "content-type": "application/json" };
    const bad: [string | object, object, string][] = [
      ["", json, "MALFORMED_BODY"],
      ["{", json, "MALFORMED_BODY"],
      ["null", json, "INVALID_REQUEST"],
      [`${"[".repeat(100_000)}`, json, "MALFORMED_BODY"],
      ['{"__proto__":{"inputs":[]}}', json, "INVALID_REQUEST"],
      ['{"inputs":[{"name":"__proto__"}]}', json, "INPUT_MISSING"],
      [{ inputs: [] }, {}, "INPUT_MISSING"],
      ["a=b", { "content-type": "application/x-www-form-urlencoded" }, "UNSUPPORTED_MEDIA_TYPE"],
      ["x", { "content-type": "application/octet-stream" }, "UNSUPPORTED_MEDIA_TYPE"],
      ["x", { "content-type": "application/json-patch+json" }, "UNSUPPORTED_MEDIA_TYPE"],
    ];
    for (const [payload, more, code] of bad) {
      const answer = await post("/v2/models/linear/infer", payload, more);
      expect(answer.json(), String(payload).slice(0, 40)).toMatchObject({ code, error: expect.any(String) });
      expect(answer.statusCode).toBeLessThan(500);
    }
    for (const model of ["__proto__", "constructor", "a%2F..%2Fb", "%00"]) {
      expect((await post(`/v2/models/${model}/infer`, row)).statusCode).toBe(404);
    }
    expect((await post("/v2/models/linear/infer", row, json)).statusCode).toBe(200);
  });

  test("JSON without a content type is read, as some clients send it", async () => {
    const answer = await post("/v2/models/linear/infer", Buffer.from(JSON.stringify(row)));
    expect(answer.statusCode).toBe(200);
  });

  test("runs and refusals are measured, without a series for every name that a caller makes up", async () => {
    await post("/v2/models/linear/infer", { inputs: [] });
    const text = await service.ports.metrics.registry.metrics();
    expect(text).toMatch(/bedplate_inference_seconds_count\{model="linear",version="3"\} \d+/);
    expect(text).toMatch(/bedplate_inference_refused_total\{model="linear",code="INPUT_MISSING"\} \d+/);
    expect(text).toContain('bedplate_inference_refused_total{model="",code="MODEL_NOT_SERVED"}');
    for (const name of ["queue_seconds", "batch_rows", "executor_seconds"]) {
      expect(text).toMatch(
        new RegExp(`bedplate_inference_${name}_count\\{model="linear",version="3"\\} [1-9]`),
      );
    }
    expect(text).not.toContain("constructor");
  });
});
