import { grpcMethods, grpcService } from "@bedplate/contract";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { anyTensor } from "../../testing/any-tensor.ts";
import { encode, openGrpcClient } from "../../testing/grpc-client.ts";
import { type ModelService, openModelService } from "../../testing/model-service.ts";
import { type ElementType, elementTypes, identityModel, linearModel } from "../../testing/onnx-model.ts";
import { token } from "../../testing/service.ts";
import { parseExactJson } from "../domain/exact-json.ts";
import type { Tensor } from "../domain/tensor.ts";
import { writeBytes } from "../domain/tensor-bytes.ts";
import { isJsonDatatype, readValues, writeRows, writeValues } from "../domain/tensor-values.ts";
import { loadMethods } from "./schema.ts";
import { type GrpcServer, openGrpc } from "./server.ts";

let service: ModelService;
let server: GrpcServer;
let client: ReturnType<typeof openGrpcClient>;

beforeAll(async () => {
  service = await openModelService({}, { bodyLimitBytes: 100_000, requestTimeoutMs: 300 });
  Object.assign(service.ports, { settings: { ...service.ports.settings, grpc: { callLimit: 4 } } });
  await service.deploy("linear", 1, linearModel([1, 10], 0.5));
  for (const type of Object.keys(elementTypes) as ElementType[]) {
    await service.deploy(`identity-${type}`, 1, identityModel(type));
  }
  server = await openGrpc(service.ports, { host: "127.0.0.1", port: 0 });
  client = openGrpcClient(server.address, token);
});
afterAll(async () => {
  client.close();
  await server.close(1_000);
  await service.close();
});

const failure = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => null,
    (given: unknown) => given as { code: number; details: string; metadata: Metadata },
  );
  if (error === null) throw new Error("was not refused");
  return { code: status[error.code], details: error.details, metadata: error.metadata.getMap() };
};
const linear = { name: "x", datatype: "FP32", shape: [1, 2], contents: { fp32_contents: [3, 4] } };

test("the service and the contract have the same methods, and each of them has a scope", () => {
  expect([...loadMethods().keys()].sort()).toEqual(Object.keys(grpcMethods).sort());
  const open = Object.entries(grpcMethods).filter(([, { scope }]) => scope === "public");
  expect(open.map(([name]) => name)).toEqual(["ServerLive", "ServerReady"]);
});

test("without a token, or with a wrong one, nothing but the probes answers", async () => {
  for (const name of loadMethods().keys()) {
    for (const wrong of [null, "x".repeat(43), ""]) {
      const sent = client.send(name, Buffer.alloc(0), { token: wrong });
      if (name === "ServerLive" || name === "ServerReady") await expect(sent).resolves.toBeDefined();
      else expect(await failure(sent)).toMatchObject({ code: "UNAUTHENTICATED" });
    }
  }
});

test("what Triton has and we do not is unimplemented, streams included", async () => {
  for (const name of [
    "SystemSharedMemoryStatus",
    "CudaSharedMemoryRegister",
    "TraceSetting",
    "LogSettings",
    "None",
  ]) {
    expect(await failure(client.send(name, Buffer.alloc(0)))).toMatchObject({ code: "UNIMPLEMENTED" });
  }
  const streaming = new Client(server.address, credentials.createInsecure());
  const asItIs = (bytes: Buffer) => bytes;
  const stream = streaming.makeBidiStreamRequest(
    `/${grpcService}/ModelStreamInfer`,
    asItIs,
    asItIs,
    new Metadata(),
  );
  const { promise, resolve } = Promise.withResolvers<number>();
  stream.on("error", (error: Error & { code: number }) => resolve(error.code)).on("data", () => {});
  stream.write(Buffer.alloc(0));
  expect(await promise).toBe(status.UNIMPLEMENTED);
  streaming.close();
});

test("everything about server and models is as over HTTP", async () => {
  expect(await client.call("ServerLive", {})).toEqual({ live: true });
  expect(await client.call("ServerReady", {})).toEqual({ ready: true });
  expect(await client.call("ServerMetadata", {})).toMatchObject({ name: "bedplate", version: "0.0.0" });
  expect(await client.call("ModelReady", { name: "linear", version: "1" })).toEqual({ ready: true });
  expect(await client.call("ModelReady", { name: "linear", version: "2" })).toEqual({ ready: false });
  expect(await client.call("ModelReady", { name: "none" })).toEqual({ ready: false });
  const metadata = (await service.get("/v2/models/linear")).json();
  expect(await client.call("ModelMetadata", { name: "linear" })).toEqual(metadata);
  expect(await client.call("ModelConfig", { name: "linear" })).toMatchObject({
    config: { backend: "onnxruntime", input: [{ name: "x", data_type: 11, dims: [-1, 2] }] },
  });
  const before = (await client.call("ModelStatistics", { name: "linear" })) as { model_stats: object[] };
  expect(before.model_stats).toHaveLength(1);
  const index = (await client.call("RepositoryIndex", { ready: true })) as { models: { name: string }[] };
  expect(index.models).toContainEqual({ name: "linear", version: "1", state: "READY", reason: "" });
  await client.call("RepositoryModelUnload", { model_name: "linear" });
  expect(await client.call("ModelReady", { name: "linear" })).toEqual({ ready: false });
  const config = { parameters: { config: { string_param: "{}" } } };
  expect(
    await failure(client.call("RepositoryModelLoad", { model_name: "linear", ...config })),
  ).toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  await client.call("RepositoryModelLoad", { model_name: "linear" });
  expect(await client.call("ModelReady", { name: "linear" })).toEqual({ ready: true });
});

test("the protocol's own health addresses answer in its JSON, the others in MLflow's text", async () => {
  expect((await service.get("/v2/health/live")).json()).toEqual({ live: true });
  expect((await service.get("/v2/health/ready")).json()).toEqual({ ready: true });
  for (const path of ["/livez", "/health", "/readyz", "/ping"])
    expect((await service.get(path)).payload).toBe("OK");
});

interface Answer {
  readonly model_version: string;
  readonly id: string;
  readonly outputs: readonly { readonly name: string; readonly datatype: string; readonly shape: number[] }[];
  readonly raw_output_contents: readonly Buffer[];
}

test("a prediction has its id, its version and the outputs that were asked for", async () => {
  const request = { model_name: "linear", id: "r1", inputs: [linear], outputs: [{ name: "y" }] };
  const answer = (await client.call("ModelInfer", request)) as unknown as Answer;
  expect(answer).toMatchObject({
    model_version: "1",
    id: "r1",
    outputs: [{ name: "y", datatype: "FP32", shape: [1, 1] }],
  });
  expect(answer.raw_output_contents[0]?.readFloatLE(0)).toBe(43.5);
});

test("JSON, binary, gRPC and V1 give the same bits for every datatype", async () => {
  const bits = (tensor: Tensor) => Buffer.from(writeBytes(tensor)).toString("hex");
  await fc.assert(
    fc.asyncProperty(anyTensor, async (tensor) => {
      const { datatype, shape } = tensor;
      const path = `/v2/models/identity-${datatype}/infer`;
      const bytes = Buffer.from(writeBytes(tensor));
      const wanted = bits(tensor);
      const head = { name: "x", datatype, shape };

      const raw = { model_name: `identity-${datatype}`, inputs: [head], raw_input_contents: [bytes] };
      const byGrpc = (await client.call("ModelInfer", raw)) as unknown as Answer;
      expect(byGrpc.raw_output_contents[0]?.toString("hex")).toBe(wanted);

      const json = JSON.stringify({
        inputs: [{ ...head, parameters: { binary_data_size: bytes.length } }],
        parameters: { binary_data_output: true },
      });
      const length = Buffer.byteLength(json);
      const byBinary = await service.post(path, Buffer.concat([Buffer.from(json), bytes]), {
        "inference-header-content-length": String(length),
      });
      const behind = Number(byBinary.headers["inference-header-content-length"]);
      expect(byBinary.rawPayload.subarray(behind).toString("hex")).toBe(wanted);

      if (!isJsonDatatype(datatype)) return;
      const text = `{"inputs":[{"name":"x","datatype":"${datatype}","shape":[${shape}],"data":${writeValues(tensor)}}]}`;
      const byJson = parseExactJson((await service.post(path, text, json_)).payload) as {
        outputs: { data: unknown[] }[];
      };
      expect(bitsOf(datatype, shape, byJson.outputs[0]?.data)).toBe(wanted);

      if (tensor.data.length === 0) return;
      const rows = `{"instances":[${writeRows(tensor).join(",")}]}`;
      const byRows = await service.post(`/v1/models/identity-${datatype}:predict`, rows, json_);
      const { predictions } = parseExactJson(byRows.payload) as { predictions: unknown[] };
      expect(bitsOf(datatype, shape, predictions)).toBe(wanted);
    }),
  );

  function bitsOf(datatype: Tensor["datatype"], shape: readonly number[], values: unknown): string {
    if (!Array.isArray(values) || !isJsonDatatype(datatype)) return "no values";
    const read = readValues(datatype, shape, values);
    return "tensor" in read ? bits(read.tensor) : "bad values";
  }
});
const json_ = { "content-type": "application/json" };

test("what a model refuses has gRPC's words for it", async () => {
  const infer = (fields: object) => failure(client.call("ModelInfer", { inputs: [linear], ...fields }));
  expect(await infer({ model_name: "none" })).toMatchObject({
    code: "NOT_FOUND",
    metadata: { "bedplate-error-code": "MODEL_NOT_SERVED" },
  });
  expect(await infer({ model_name: "linear", model_version: "9" })).toMatchObject({ code: "NOT_FOUND" });
  expect(await infer({ model_name: "linear", inputs: [] })).toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await infer({ model_name: "linear", outputs: [{ name: "€\n%" }] })).toMatchObject({
    code: "INVALID_ARGUMENT",
    details: expect.stringContaining("€"),
  });
  expect(await failure(client.send("ModelInfer", Buffer.from([0xff])))).toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  expect(await failure(client.send("ModelInfer", Buffer.alloc(100_001)))).toMatchObject({
    code: "RESOURCE_EXHAUSTED",
  });
  expect(await failure(client.send("ModelReady", Buffer.alloc(65_537)))).toMatchObject({
    code: "RESOURCE_EXHAUSTED",
  });
});

test("a model without room turns calls away, and a deadline holds", async () => {
  const { models } = service.ports;
  const tickets = Array.from({ length: 256 }, () => models.admit({ model: "linear" }, 0));
  const infer = () =>
    client.send("ModelInfer", encode("ModelInferRequest", { model_name: "linear", inputs: [linear] }));
  expect(await failure(infer())).toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    metadata: { "grpc-retry-pushback-ms": "1000" },
  });
  for (const ticket of tickets) ticket.release();
  await infer();
  const waits = Promise.withResolvers<never>();
  const real = models.infer;
  const seen: (number | undefined)[] = [];
  Object.assign(models, {
    infer: (_target: unknown, _read: unknown, by: { timeoutMs?: number }) => {
      seen.push(by.timeoutMs);
      return waits.promise;
    },
  });
  const late = client.call("ModelInfer", { model_name: "linear", inputs: [linear] }, { timeoutMs: 100 });
  expect(await failure(late)).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect(seen[0]).toBeGreaterThan(0);
  expect(seen[0]).toBeLessThanOrEqual(100);
  waits.reject(new Error("over"));
  Object.assign(models, { infer: real });
});

test("a call over the limit is turned away, and one whose message never comes ends", async () => {
  const raw = new Client(server.address, credentials.createInsecure());
  const asItIs = (bytes: Buffer) => bytes;
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  const open = Array.from({ length: 4 }, () => {
    const stream = raw.makeClientStreamRequest(
      `/${grpcService}/ModelInfer`,
      asItIs,
      asItIs,
      metadata,
      () => {},
    );
    const { promise, resolve } = Promise.withResolvers<number>();
    stream.on("status", ({ code }: { code: number }) => resolve(code));
    // Without a message grpc-js sends the headers alone.
    stream.on("error", () => {});
    return promise;
  });
  await expect
    .poll(
      () =>
        failure(client.call("ServerLive", {})).then(
          ({ code }) => code,
          () => "answered",
        ),
      { interval: 10 },
    )
    .toBe("RESOURCE_EXHAUSTED");
  expect(await Promise.all(open)).toEqual([4, 4, 4, 4]);
  expect(await client.call("ServerLive", {})).toEqual({ live: true });
  raw.close();
});

test("calls under way are answered while the server closes, and later ones are not", async () => {
  const other = await openGrpc(service.ports, { host: "127.0.0.1", port: 0 });
  const caller = openGrpcClient(other.address, token);
  await caller.call("ServerLive", {});
  const held = Promise.withResolvers<readonly string[]>();
  const { obstacles } = service.ports;
  const entered = Promise.withResolvers<void>();
  const wait = () => {
    entered.resolve();
    return held.promise;
  };
  Object.assign(service.ports, { obstacles: wait });
  const under = caller.call("ServerReady", {});
  await entered.promise;
  const closed = other.close(5_000);
  held.resolve([]);
  expect(await under).toEqual({ ready: true });
  await closed;
  expect(await failure(caller.call("ServerLive", {}, { timeoutMs: 2_000 }))).toBeDefined();
  Object.assign(service.ports, { obstacles });
  caller.close();
});
