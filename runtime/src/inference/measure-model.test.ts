import { afterEach, expect, test, vi } from "vitest";
import type { OnnxModel } from "./executor.ts";
import { measureModel } from "./measure-model.ts";

afterEach(() => vi.restoreAllMocks());

/** A model that gives back what it gets; a run takes as long as it is said to, by the clock that it is measured with. */
function copying(width: number, msOf: (rows: number) => number): OnnxModel {
  const clock = { now: 0 };
  vi.spyOn(performance, "now").mockImplementation(() => clock.now);
  return {
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, width] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, width] }],
    async run({ inputs }) {
      const x = inputs.get("x");
      if (x === undefined) throw new Error("no input");
      clock.now += msOf(x.shape[0] ?? 0);
      return new Map([["y", x]]);
    },
    release: async () => {},
  };
}

test("rows that cost little together are gathered", async () => {
  const measured = await measureModel(
    copying(4, (rows) => 0.05 + rows / 1_000),
    16,
  );
  expect(measured).toEqual({ batch: { minRows: 1, maxRows: 16 }, batchMs: expect.closeTo(0.066) });
});

test("large rows that cost less to run than to bring elsewhere run one by one where they are", async () => {
  const measured = await measureModel(
    copying(100_000, (rows) => 0.2 * rows),
    8,
  );
  expect(measured).toEqual({ batch: { minRows: 1, maxRows: 1 }, batchMs: expect.closeTo(0.2) });
});

test("rows that take long and gain nothing from each other are not gathered", async () => {
  expect(
    await measureModel(
      copying(4, (rows) => 20 * rows),
      4,
    ),
  ).toEqual({ batch: null, batchMs: expect.closeTo(20.1) });
});
