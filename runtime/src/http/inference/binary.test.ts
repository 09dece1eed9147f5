import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelService, openModelService } from "../../../testing/model-service.ts";
import { elementTypes, identityModel, linearModel } from "../../../testing/onnx-model.ts";
import type { Datatype, Tensor } from "../../domain/tensor.ts";
import { writeBytes } from "../../domain/tensor-bytes.ts";

let service: ModelService;
beforeAll(async () => {
  service = await openModelService();
  await service.deploy("linear", 1, linearModel([1, 10], 0.5));
  for (const type of Object.keys(elementTypes)) {
    await service.deploy(`identity-${type}`, 1, identityModel(type as Datatype));
  }
});
afterAll(() => service.close());

const lengthHeader = "inference-header-content-length";

function send(model: string, json: object | null, bytes: Uint8Array, more: object = {}) {
  const head = Buffer.from(json === null ? "" : JSON.stringify(json));
  const headers = {
    [lengthHeader]: String(head.length),
    "content-type": "application/octet-stream",
    ...more,
  };
  return service.post(`/v2/models/${model}/infer`, Buffer.concat([head, bytes]), headers);
}

function read(answer: { headers: Record<string, unknown>; rawPayload: Buffer }) {
  const length = Number(answer.headers[lengthHeader]);
  return {
    json: JSON.parse(answer.rawPayload.subarray(0, length).toString()),
    bytes: answer.rawPayload.subarray(length),
  };
}

const samples: { readonly [D in Datatype]: Extract<Tensor, { datatype: D }>["data"] } = {
  BOOL: Uint8Array.of(1, 0),
  UINT8: Uint8Array.of(0, 255),
  UINT16: Uint16Array.of(0, 65_535),
  UINT32: Uint32Array.of(0, 2 ** 32 - 1),
  UINT64: BigUint64Array.of(0n, 2n ** 64n - 1n),
  INT8: Int8Array.of(-128, 127),
  INT16: Int16Array.of(-32_768, 32_767),
  INT32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
  INT64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n),
  // 1, a signalling NaN's bits made quiet, -0 and the smallest number of all.
  FP16: Uint16Array.of(0x3c00, 0x7e01, 0x8000, 1),
  FP32: Float32Array.of(-0, Number.NaN, 1e-45),
  FP64: Float64Array.of(0.1, Number.NEGATIVE_INFINITY),
  BYTES: ["", "ä € 😀"],
};

describe("binary tensors", () => {
  for (const [datatype, data] of Object.entries(samples)) {
    test(`of ${datatype} come back bit for bit`, async () => {
      const tensor = { datatype, shape: [data.length], data } as Tensor;
      const bytes = writeBytes(tensor);
      const parameters = { binary_data_size: bytes.byteLength };
      const json = {
        id: "a",
        inputs: [{ name: "x", datatype, shape: tensor.shape, parameters }],
        parameters: { binary_data_output: true },
      };
      const answer = await send(`identity-${datatype}`, json, bytes);
      expect(answer.statusCode, answer.body).toBe(200);
      const got = read(answer);
      expect(got.json).toMatchObject({
        id: "a",
        outputs: [{ name: "y", datatype, shape: tensor.shape, parameters }],
      });
      expect(got.bytes.equals(bytes)).toBe(true);
      const raw = datatype === "BYTES" ? Buffer.from("ä €") : bytes;
      const bare = await send(`identity-${datatype}`, null, raw);
      expect(bare.statusCode, bare.body).toBe(200);
      expect(
        read(bare)
          .bytes.subarray(datatype === "BYTES" ? 4 : 0)
          .equals(raw),
      ).toBe(true);
    });
  }

  test("JSON, binary, bare bytes, V1, CSV and data frames give the same bits", async () => {
    const rows = [
      [0.1, 1e-3],
      [Math.PI, -7.7],
    ];
    const x = Float32Array.from(rows.flat());
    const input = { name: "x", datatype: "FP32", shape: [2, 2] };
    const inJson = await service.post("/v2/models/linear/infer", { inputs: [{ ...input, data: rows }] });
    const expected = Float32Array.from(inJson.json().outputs[0].data);
    const bytes = Buffer.from(x.buffer);
    const inBinary = await send(
      "linear",
      { inputs: [{ ...input, parameters: { binary_data_size: 16 } }] },
      bytes,
    );
    expect(Float32Array.from(inBinary.json().outputs[0].data)).toEqual(expected);
    const bare = read(await send("linear", null, bytes)).bytes;
    expect(new Float32Array(new Uint8Array(bare).buffer)).toEqual(expected);
    const split = { columns: ["u", "v"], index: [0, 1], data: rows };
    const json = { "content-type": "application/json" };
    const target = { "x-amzn-sagemaker-target-model": "linear" };
    const predictions = [
      await service.post("/v1/models/linear:predict", { instances: rows }),
      await service.post("/invocations", { inputs: { x: rows } }, target),
      await service.post("/invocations", { dataframe_split: split, params: {} }, target),
      await service.post("/invocations", { dataframe_records: rows.map(([u, v]) => ({ u, v })) }, target),
      await service.post("/invocations", `u,v\n${rows.join("\n")}\n`, {
        ...target,
        "content-type": "text/csv",
      }),
    ];
    for (const answer of predictions) {
      expect(answer.statusCode, answer.body).toBe(200);
      expect(Float32Array.from(answer.json().predictions.flat())).toEqual(expected);
    }
    const ambiguous = await service.post("/invocations", { instances: rows }, json);
    expect(ambiguous.json()).toMatchObject({
      code: "INVALID_REQUEST",
      error: expect.stringContaining("Target-Model"),
    });
  });

  test("and JSON travel packed with gzip or deflate, in and out", async () => {
    const data = Array.from({ length: 2_000 }, (_, at) => at);
    const body = { inputs: [{ name: "x", datatype: "FP32", shape: [data.length], data }] };
    const text = JSON.stringify(body);
    for (const [name, pack, unpack] of [
      ["gzip", gzipSync, gunzipSync],
      ["deflate", deflateSync, inflateSync],
    ] as const) {
      const answer = await service.post("/v2/models/identity-FP32/infer", pack(text), {
        "content-type": "application/json",
        "content-encoding": name,
        "accept-encoding": `br;q=1, ${name};q=0.5`,
      });
      expect(answer.headers["content-encoding"]).toBe(name);
      expect(JSON.parse(unpack(answer.rawPayload).toString()).outputs[0].data).toEqual(data);
    }
    const plain = await service.post("/v2/models/identity-FP32/infer", body, {
      "accept-encoding": "gzip;q=0",
    });
    expect(plain.headers["content-encoding"]).toBeUndefined();
  });
});
