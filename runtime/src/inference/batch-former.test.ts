import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problem } from "../domain/problem.ts";
import type { InferenceCall, Tensor } from "../domain/tensor.ts";
import { rowsOf } from "./batch.ts";
import { BatchFormer } from "./batch-former.ts";
import type { LoadedModel } from "./executor.ts";
import { PaceMeter } from "./pace-meter.ts";
import { Statistics } from "./statistics.ts";

const callOf = (...x: number[]): InferenceCall => ({
  inputs: new Map([["x", { datatype: "FP32", shape: [x.length, 1], data: Float32Array.from(x) }]]),
  outputs: ["y"],
});
const patient = { deadline: Number.POSITIVE_INFINITY, isGone: () => false };
type Batch = LoadedModel["profile"]["batch"];

const partsOf = (model: LoadedModel) => ({
  statistics: new Statistics(Date.now),
  pace: new PaceMeter(model),
});

/** A model that doubles; negative values are refused, as a graph might. */
function doubling(batch: Batch, work: () => Promise<void> = async () => {}, slots = 1) {
  const ran: number[] = [];
  const model: LoadedModel = {
    inputs: [],
    outputs: [],
    slots,
    parallel: Math.ceil(slots / 2),
    memoryBytes: 1,
    profile: { inputs: [], outputs: [], batch, batchMs: 1, memoryBytes: 1, bounded: true },
    async run(call) {
      ran.push(rowsOf(call) ?? 0);
      await work();
      const x = call.inputs.get("x") as Extract<Tensor, { datatype: "FP32" }>;
      if (x.data.some((value) => value < 0)) throw new Problem("INPUT_INVALID", "negative");
      return new Map([["y", { ...x, data: x.data.map((value) => value * 2) }]]);
    },
    release: async () => {},
  };
  return { ran, former: new BatchFormer(model, partsOf(model)) };
}

const values = async (outputs: Promise<ReadonlyMap<string, Tensor>>) => [
  ...(((await outputs).get("y")?.data ?? []) as Float32Array),
];

describe("the batch former", () => {
  test("what arrives in one turn of the loop runs as one batch, each with its own answer", async () => {
    const { former, ran } = doubling({ minRows: 1, maxRows: 8 });
    const answers = [callOf(1), callOf(2, 3), callOf(4)].map((call) => values(former.run(call, patient)));
    expect(await Promise.all(answers)).toEqual([[2], [4, 6], [8]]);
    expect(ran).toEqual([4]);
  });

  test("without a measured batch each call runs alone", async () => {
    const { former, ran } = doubling(null);
    await Promise.all([callOf(1), callOf(2)].map((call) => former.run(call, patient)));
    expect(ran).toEqual([1, 1]);
  });

  test("a call of many rows is cut, so that no batch is larger than measured", async () => {
    const { former, ran } = doubling({ minRows: 1, maxRows: 4 });
    const x = Array.from({ length: 10 }, (_, at) => at);
    expect(await values(former.run(callOf(...x), patient))).toEqual(x.map((one) => one * 2));
    expect(Math.max(...ran)).toBe(4);
  });

  test("behind what runs only a full batch is sent on; anything less grows until it can run", async () => {
    const gate = Promise.withResolvers<void>();
    const { former, ran } = doubling({ minRows: 1, maxRows: 4 }, () => gate.promise, 2);
    const answers = [former.run(callOf(1), patient)];
    const arrive = async (...rows: number[]) => {
      answers.push(former.run(callOf(...rows), patient));
      await turn();
      await turn();
      return [...ran];
    };
    await turn();
    expect(await arrive(2, 3)).toEqual([1]);
    expect(await arrive(4)).toEqual([1]);
    expect(await arrive(5)).toEqual([1, 4]);
    expect(await arrive(6)).toEqual([1, 4]);
    gate.resolve();
    await Promise.all(answers);
    expect(ran).toEqual([1, 4, 1]);
  });

  test("a bad row fails alone", async () => {
    const { former } = doubling({ minRows: 1, maxRows: 8 });
    const results = await Promise.allSettled(
      [callOf(1), callOf(-1), callOf(2)].map((call) => values(former.run(call, patient))),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("while the model is busy, those whose time is over are answered, and those who left are not run", async () => {
    const gate = Promise.withResolvers<void>();
    const { former, ran } = doubling({ minRows: 1, maxRows: 1 }, () => gate.promise);
    const first = former.run(callOf(1), patient);
    await turn();
    const late = former.run(callOf(2), { deadline: performance.now() + 5, isGone: () => false });
    let isGone = false;
    const left = former.run(callOf(3), { deadline: Number.POSITIVE_INFINITY, isGone: () => isGone });
    isGone = true;
    await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await expect(left).rejects.toMatchObject({ code: "CANCELLED" });
    gate.resolve();
    await first;
    expect(ran).toEqual([1]);
  });

  test("a graph that proves not to keep rows apart runs them singly from then on", async () => {
    const { former, ran } = doubling({ minRows: 1, maxRows: 8 });
    const whole: LoadedModel = {
      inputs: [],
      outputs: [],
      slots: 1,
      parallel: 1,
      memoryBytes: 1,
      profile: {
        inputs: [],
        outputs: [],
        batch: { minRows: 1, maxRows: 8 },
        batchMs: 1,
        memoryBytes: 1,
        bounded: true,
      },
      run: async () => new Map([["y", { datatype: "FP32", shape: [1, 1], data: Float32Array.of(7) }]]),
      release: async () => {},
    };
    const sums = new BatchFormer(whole, partsOf(whole));
    expect(await Promise.all([callOf(1), callOf(2)].map((one) => values(sums.run(one, patient))))).toEqual([
      [7],
      [7],
    ]);
    await former.run(callOf(1), patient);
    expect(ran).toEqual([1]);
  });

  test("whatever arrives whenever, every call is answered with its own rows and no batch is too large", async () => {
    const arrivals = fc.array(
      fc.record({
        x: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 }),
        pause: fc.nat(2),
      }),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(
        arrivals,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 3 }),
        async (calls, maxRows, slots) => {
          const { former, ran } = doubling({ minRows: 1, maxRows }, () => wait(0), slots);
          const answers: Promise<number[]>[] = [];
          for (const { x, pause } of calls) {
            answers.push(values(former.run(callOf(...x), patient)));
            for (let at = 0; at < pause; at++) await turn();
          }
          expect(await Promise.all(answers)).toEqual(calls.map(({ x }) => x.map((one) => one * 2)));
          for (const rows of ran) expect(rows).toBeLessThanOrEqual(maxRows);
        },
      ),
      { numRuns: 50 },
    );
  });
});
