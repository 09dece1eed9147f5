import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { externalTensor, linearModel, modelFile, value } from "../../testing/onnx-model.ts";
import type { InferenceRequest, Tensor } from "../domain/tensor.ts";
import { createMetrics } from "../ops/metrics.ts";
import type { Executor } from "./executor.ts";
import { inlineExecutor } from "./inline-executor.ts";
import { type ModelHost, openModelHost } from "./model-host.ts";
import { createTracer, type Tracer } from "./tracer.ts";

interface World {
  /** Files by path. */
  readonly files: Map<string, Buffer>;
  readonly champions: Map<string, number>;
  /** Goes in front of every version's folder. */
  prefix: string;
  loads: number;
  released: number;
  host: ModelHost;
}

const open: World[] = [];
afterEach(async () => {
  for (const world of open.splice(0)) await world.host.close();
});

const digestOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const address = (model: string, version: number) => ({ model, version, artifactPath: `${model}/${version}` });

/** `batchMs` is what a row takes, as if it had been measured. */
async function openWorld(
  settings: object = {},
  slow?: Promise<void>,
  batchMs: number | null = null,
  tracer?: Tracer,
): Promise<World> {
  const files = new Map<string, Buffer>();
  const champions = new Map<string, number>();
  let world: World | undefined;
  const count = (what: "loads" | "released") => {
    if (world !== undefined) world[what]++;
  };
  const executor: Executor = {
    async load(file) {
      count("loads");
      const model = await inlineExecutor.load(file);
      return {
        ...model,
        profile: { ...model.profile, batchMs },
        run: async (call) => {
          await slow;
          return await model.run(call);
        },
        release: async () => {
          count("released");
          await model.release();
        },
      };
    },
  };
  const host = await openModelHost({
    registry: {
      aliased: async () =>
        [...champions].map(([model, version]) => {
          const { artifactPath } = address(model, version);
          return { model, version, artifactPath: `${world?.prefix ?? ""}${artifactPath}` };
        }),
    },
    artifacts: {
      files: async (folder) =>
        [...files]
          .filter(([path]) => path.startsWith(`${folder}/`))
          .map(([path, bytes]) => ({ path, digest: digestOf(bytes), size: bytes.length })),
      open: async ({ path }) => Readable.from([files.get(path) ?? Buffer.alloc(0)]),
    },
    settings: {
      alias: "champion",
      modelLimit: 3,
      modelLimitBytes: 10_000,
      loadTimeoutMs: 5_000,
      waitLimitMs: 1_000,
      queueLimit: 2,
      queueRowsLimit: 1_000,
      queueBytesLimit: 1_000_000,
      totalRowsLimit: 2_000,
      totalBytesLimit: 2_000_000,
      timeoutMs: 5_000,
      memoryBytes: 100_000_000,
      pinned: "",
      reconcileIntervalMs: 3_600_000,
      ...settings,
    },
    clock: () => 7,
    metrics: createMetrics(),
    log: { error: () => {} },
    executor,
    ...(tracer === undefined ? {} : { tracer }),
  });
  world = { files, champions, prefix: "", loads: 0, released: 0, host };
  open.push(world);
  return world;
}

function call(...x: number[]): () => InferenceRequest {
  const tensor: Tensor = { datatype: "FP32", shape: [1, x.length], data: new Float32Array(x) };
  return () => ({ inputs: new Map([["x", tensor]]), outputs: ["y"], binary: new Set() });
}

async function predict(host: ModelHost, model: string, ...x: number[]) {
  const { version, outputs } = await host.infer({ model }, call(...x));
  return { version, y: outputs.get("y")?.data[0] };
}

describe("the model host", () => {
  test("serves the version with the alias, and another one only when the alias moves", async () => {
    const { host, files, champions } = await openWorld();
    files.set("m/1/model.onnx", linearModel([2]));
    files.set("m/2/model.onnx", linearModel([3]));
    await host.reconcile();
    expect(host.status("m")).toEqual({ state: "none" });
    champions.set("m", 1);
    await host.reconcile();
    expect(await predict(host, "m", 5)).toEqual({ version: 1, y: 10 });
    expect(host.status("m")).toMatchObject({
      state: "ready",
      loadedAt: 7,
      inputs: [{ name: "x", datatype: "FP32", shape: [-1, 1] }],
    });
    champions.set("m", 2);
    expect((await predict(host, "m", 5)).version).toBe(1);
    await host.reconcile();
    expect(await predict(host, "m", 5)).toEqual({ version: 2, y: 15 });
    champions.delete("m");
    await host.reconcile();
    await expect(predict(host, "m", 5)).rejects.toMatchObject({ code: "MODEL_NOT_SERVED" });
    expect(host.countReady()).toBe(0);
  });

  test("follows the registry by itself at the interval", async () => {
    const { host, files, champions } = await openWorld({ reconcileIntervalMs: 5 });
    files.set("m/1/model.onnx", linearModel([1]));
    champions.set("m", 1);
    await expect.poll(() => host.status("m").state).toBe("ready");
  });

  test("a bad version is refused once for its bytes, and again only when they change", async () => {
    const world = await openWorld();
    const { host, files, champions } = world;
    files.set(
      "bad/1/model.onnx",
      modelFile({
        node: [{ op_type: "NoSuchOp", input: ["x"], output: ["y"] }],
        input: [value("x", "FP32", [1])],
        output: [value("y", "FP32", [1])],
      }),
    );
    files.set("good/1/model.onnx", linearModel([1]));
    champions.set("bad", 1).set("good", 1);
    await host.reconcile();
    await host.reconcile();
    expect(world.loads).toBe(2);
    expect(host.status("bad")).toMatchObject({ state: "refused", version: 1, code: "MODEL_UNSUPPORTED" });
    expect((await predict(host, "good", 4)).y).toBe(4);
    files.set("bad/1/model.onnx", linearModel([1]));
    await host.reconcile();
    expect(host.status("bad").state).toBe("ready");
  });

  test("when the alias moves to a bad version the one before keeps answering", async () => {
    const { host, files, champions } = await openWorld();
    files.set("m/1/model.onnx", linearModel([2]));
    files.set("m/2/model.onnx", Buffer.from("not a model"));
    champions.set("m", 1);
    await host.reconcile();
    champions.set("m", 2);
    await host.reconcile();
    expect(host.status("m")).toMatchObject({ state: "refused", version: 2, code: "MODEL_NOT_ONNX" });
    expect(await predict(host, "m", 1)).toEqual({ version: 1, y: 2 });
    champions.set("m", 1);
    await host.reconcile();
    expect(host.status("m")).toMatchObject({ state: "ready", version: 1 });
  });

  const refusals: [string, string, Record<string, Buffer>][] = [
    ["MODEL_NOT_ONNX", "pickle", { "model.pkl": Buffer.from("x") }],
    ["MODEL_NOT_ONNX", "empty", {}],
    ["MODEL_UNSUPPORTED", "two", { "a.onnx": linearModel([1]), "b.onnx": linearModel([1]) }],
    ["MODEL_TOO_LARGE", "large", { "model.onnx": Buffer.alloc(10_001) }],
    ["MODEL_EXTERNAL_DATA", "external", { "model.onnx": modelFile({ initializer: [externalTensor] }) }],
    [
      "MODEL_UNSUPPORTED",
      "sequence",
      {
        "model.onnx": modelFile({
          node: [{ op_type: "SequenceConstruct", input: ["x"], output: ["y"] }],
          input: [value("x", "FP32", [1])],
          output: [{ name: "y", type: { sequence_type: { elem_type: value("", "FP32", [1]).type } } }],
        }),
      },
    ],
  ];
  for (const [code, name, content] of refusals) {
    test(`checking a version answers ${code} (${name}) and changes nothing`, async () => {
      const { host, files } = await openWorld();
      for (const [path, bytes] of Object.entries(content)) files.set(`m/1/${path}`, bytes);
      await expect(host.check(address("m", 1))).rejects.toMatchObject({ code });
      expect(host.status("m")).toEqual({ state: "none" });
    });
  }

  test("a version that was checked is not loaded a second time when it is promoted", async () => {
    const world = await openWorld();
    world.files.set("m/1/model.onnx", linearModel([1]));
    await world.host.check(address("m", 1));
    world.champions.set("m", 1);
    await world.host.reconcile();
    expect(world.loads).toBe(1);
    expect(world.host.status("m").state).toBe("ready");
  });

  test("a version that is replaced answers its requests before its memory is given back", async () => {
    const gate = Promise.withResolvers<void>();
    const world = await openWorld({}, gate.promise);
    const { host, files, champions } = world;
    files.set("m/1/model.onnx", linearModel([2]));
    files.set("m/2/model.onnx", linearModel([3]));
    champions.set("m", 1);
    await host.reconcile();
    const early = predict(host, "m", 1);
    champions.set("m", 2);
    await host.reconcile();
    expect(world.released).toBe(0);
    gate.resolve();
    expect(await early).toEqual({ version: 1, y: 2 });
    expect(world.released).toBe(1);
    expect((await predict(host, "m", 1)).version).toBe(2);
  });

  test("a model that was deleted and made again under its name is another one", async () => {
    const world = await openWorld();
    world.files.set("m/1/model.onnx", linearModel([2])).set("new/m/1/model.onnx", linearModel([3]));
    world.champions.set("m", 1);
    await world.host.reconcile();
    world.prefix = "new/";
    await world.host.reconcile();
    expect((await predict(world.host, "m", 1)).y).toBe(3);
  });

  test("requests over the queue limit are turned away, and the others are answered", async () => {
    const gate = Promise.withResolvers<void>();
    const { host, files, champions } = await openWorld({}, gate.promise);
    files.set("m/1/model.onnx", linearModel([2]));
    champions.set("m", 1);
    await host.reconcile();
    const kept = [predict(host, "m", 1), predict(host, "m", 2)];
    await expect(predict(host, "m", 3)).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS" });
    gate.resolve();
    expect((await Promise.all(kept)).map(({ y }) => y)).toEqual([2, 4]);
  });

  test("requests that would wait too long are turned away with the time that what waits takes", async () => {
    const gate = Promise.withResolvers<void>();
    const { host, files, champions } = await openWorld(
      { queueLimit: 9, waitLimitMs: 250 },
      gate.promise,
      100,
    );
    files.set("m/1/model.onnx", linearModel([2]));
    champions.set("m", 1);
    await host.reconcile();
    const kept = [predict(host, "m", 1), predict(host, "m", 2), predict(host, "m", 3)];
    const refused = { code: "TOO_MANY_REQUESTS", retryAfterMs: 300 };
    await expect(predict(host, "m", 4)).rejects.toMatchObject(refused);
    expect(() => host.admit({ model: "m" }, 0)).toThrow("work for 300 ms waiting, more than 250 ms");
    gate.resolve();
    expect((await Promise.all(kept)).map(({ y }) => y)).toEqual([2, 4, 6]);
    expect((await predict(host, "m", 4)).y).toBe(8);
  });

  test("requests of one trace are told of with the batches that ran them, and refused ones with the reason", async () => {
    const spans: { name: string; spanId: string; links?: { spanId: string }[]; status: object }[] = [];
    const tracer = createTracer((span) => spans.push(JSON.parse(span)));
    const { host, files, champions } = await openWorld({}, undefined, null, tracer);
    files.set("m/1/model.onnx", linearModel([2]));
    champions.set("m", 1);
    await host.reconcile();
    const header = () => `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    await host.infer({ model: "m" }, call(1), { header });
    await predict(host, "m", 2);
    await expect(host.infer({ model: "none" }, call(1), { header })).rejects.toThrow();
    expect(spans.map(({ name }) => name)).toEqual(["batch m", "predict m", "predict none"]);
    expect(spans[0]?.links).toEqual([{ traceId: "a".repeat(32), spanId: spans[1]?.spanId }]);
    expect(spans[2]?.status).toEqual({ code: 2, message: "MODEL_NOT_SERVED" });
  });

  test("models over the limit are refused with the reason, and take the place of one that goes", async () => {
    const { host, files, champions } = await openWorld();
    for (const name of ["a", "b", "c", "d"]) {
      files.set(`${name}/1/model.onnx`, linearModel([1]));
      champions.set(name, 1);
    }
    await host.reconcile();
    expect(host.countReady()).toBe(3);
    expect(host.status("d")).toMatchObject({ state: "refused", code: "CONFLICT" });
    champions.delete("a");
    await host.reconcile();
    expect(host.status("d").state).toBe("ready");
  });

  test("swapping under load loses no request", async () => {
    const { host, files, champions } = await openWorld({ queueLimit: 1_000 });
    for (let version = 1; version <= 20; version++)
      files.set(`m/${version}/model.onnx`, linearModel([version]));
    champions.set("m", 1);
    await host.reconcile();
    const answers: Promise<{ version: number; y: unknown }>[] = [];
    for (let version = 2; version <= 20; version++) {
      for (let n = 0; n < 10; n++) answers.push(predict(host, "m", 1));
      champions.set("m", version);
      await host.reconcile();
    }
    for (const { version, y } of await Promise.all(answers)) expect(y).toBe(version);
  });
});
