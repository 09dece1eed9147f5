import { createHash } from "node:crypto";
import { getPriority } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import {
  chainModel,
  divideModel,
  externalTensor,
  hugeModel,
  linearModel,
  loopModel,
  modelFile,
  sharesModel,
  value,
} from "../../testing/onnx-model.ts";
import type { ModelProfile } from "../domain/model-profile.ts";
import { Problem } from "../domain/problem.ts";
import type { InferenceCall } from "../domain/tensor.ts";
import { type Engine, type EngineSettings, openEngine } from "./engine.ts";

const open: Engine[] = [];
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close();
});

const gibibyte = 1024 ** 3;
const generous = 30_000;

function newEngine(settings: Partial<EngineSettings> = {}) {
  const profiles = new Map<string, ModelProfile>();
  const engine = openEngine({
    settings: {
      workers: 1,
      loadTimeoutMs: generous,
      runTimeoutMs: generous,
      examineTimeoutMs: generous,
      processMemoryBytes: gibibyte,
      batchRows: 16,
      // The machine may be busy: what is small must be found small, and what is not is told by its operators.
      inlineBatchMicroseconds: 20_000,
      ...settings,
    },
    profiles: {
      get: async (digest) => profiles.get(digest) ?? null,
      put: async (digest, profile) => void profiles.set(digest, profile),
    },
    log: { warn: () => {} },
  });
  open.push(engine);
  return { engine, profiles };
}

const fileOf = (bytes: Buffer) => ({
  digest: createHash("sha256").update(bytes).digest("hex"),
  size: bytes.length,
  read: async () => bytes,
});

/** A model with weights in another file, padded to a size. */
const externalModel = (bytes: number) =>
  modelFile(
    { input: [value("x", "FP32", ["n"])], initializer: [externalTensor] },
    { producer_name: "p".repeat(bytes) },
  );

function callOf(width: number, ...x: number[]): InferenceCall {
  const shape = width === 0 ? [x.length] : [x.length / width, width];
  return {
    inputs: new Map([["x", { datatype: "FP32", shape, data: Float32Array.from(x) }]]),
    outputs: ["y"],
  };
}

describe("the engine", () => {
  test("a small model runs on this thread, in batches, and is measured once for its bytes", async () => {
    const { engine, profiles } = newEngine();
    const model = await engine.load(fileOf(linearModel([2])));
    expect(model.profile).toMatchObject({ bounded: true, batch: { maxRows: expect.any(Number) } });
    expect(engine.pids()).toEqual([]);
    expect((await model.run(callOf(1, 5))).get("y")?.data).toEqual(Float32Array.of(10));
    expect(profiles.size).toBe(1);
    await model.release();
    const again = await engine.load(fileOf(linearModel([2])));
    expect(again.profile).toBe([...profiles.values()][0]);
    await again.release();
  });

  test("a model in which rows know of each other is not batched", async () => {
    const { engine } = newEngine();
    const model = await engine.load(fileOf(sharesModel()));
    expect(model.profile.batch).toBeNull();
    await model.release();
  });

  test("a process that is killed fails what is under way in it with 503, and another takes its place", async () => {
    const { engine } = newEngine({ inlineBatchMicroseconds: 1, runTimeoutMs: generous });
    const model = await engine.load(fileOf(chainModel(64, 4)));
    const x = Array.from({ length: 64 }, (_, at) => at / 64);
    const expected = (await model.run(callOf(64, ...x))).get("y")?.data;
    const [pid] = engine.pids();
    if (pid === undefined) throw new Error("no process runs the model");
    // It gives way to the service.
    expect(getPriority(pid)).toBe(Math.min(19, getPriority() + 10));
    process.kill(pid, "SIGKILL");
    await expect(model.run(callOf(64, ...x))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    // It is known when another will have started and loaded.
    const backInMs = async () => {
      try {
        await model.run(callOf(64, ...x));
        return 0;
      } catch (error) {
        return error instanceof Problem ? error.retryAfterMs : 0;
      }
    };
    await expect.poll(backInMs, { timeout: generous, interval: 5 }).toBeGreaterThan(100);
    await expect
      .poll(() => model.run(callOf(64, ...x)).catch(() => null), { timeout: generous, interval: 100 })
      .not.toBeNull();
    expect((await model.run(callOf(64, ...x))).get("y")?.data).toEqual(expected);
    expect(engine.pids()).not.toContain(pid);
    await model.release();
    expect(engine.pids()).toEqual([]);
  });

  test("a run that does not end is stopped at its limit, and only it fails", async () => {
    const { engine, profiles } = newEngine({ runTimeoutMs: 300 });
    const file = fileOf(loopModel(2n ** 62n));
    const profile: ModelProfile = {
      inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
      outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
      batch: null,
      batchMs: null,
      memoryBytes: 1,
      bounded: false,
    };
    // As if it had ended on the values that it was examined with.
    profiles.set(file.digest, profile);
    const model = await engine.load(file);
    await expect(model.run(callOf(0, 1))).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("300 ms"),
    });
    await model.release();
  });

  test("values that end the process which works with them end none but that one", async () => {
    const { engine } = newEngine();
    const model = await engine.load(fileOf(divideModel()));
    const tensor = (...data: number[]) =>
      ({ datatype: "INT32", shape: [data.length], data: Int32Array.from(data) }) as const;
    const inputs = new Map([
      ["a", tensor(6, -(2 ** 31))],
      ["b", tensor(3, -1)],
    ]);
    await expect(model.run({ inputs, outputs: ["y"] })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await model.release();
  });

  for (const numbers of [2n ** 34n, 2n ** 60n]) {
    test(`a model that wants ${numbers} numbers fails in a process of its own, and only there`, async () => {
      const { engine } = newEngine();
      const model = await engine.load(fileOf(hugeModel(numbers)));
      expect(engine.pids()).toHaveLength(1);
      await expect(model.run(callOf(0, 1))).rejects.toMatchObject({
        code: expect.stringMatching(/INPUT_INVALID|UNAVAILABLE/),
      });
      await model.release();
    });
  }

  const hostile: [string, Buffer, string, number?][] = [
    ["never ends", loopModel(2n ** 62n), "MODEL_UNSUPPORTED", 2_500],
    ["is cut short", chainModel(16, 2).subarray(0, 500), "MODEL_NOT_ONNX"],
    // Too large to be looked at here: the process that would load it does.
    ["is large and has weights elsewhere", externalModel(600_000), "MODEL_EXTERNAL_DATA"],
  ];
  for (const [what, bytes, code, examineTimeoutMs = generous] of hostile) {
    test(`a model that ${what} is refused, and nothing else notices`, async () => {
      const { engine } = newEngine({ examineTimeoutMs });
      await expect(engine.load(fileOf(bytes))).rejects.toMatchObject({ code });
      expect(engine.pids()).toEqual([]);
    });
  }
});
