import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyTensor } from "../../testing/any-tensor.ts";
import type { InferenceCall, Tensor } from "../domain/tensor.ts";
import { cutCall, joinCalls, joinOutputs, rowsOf, splitOutputs } from "./batch.ts";

const callOf = (...tensors: Tensor[]): InferenceCall => ({
  inputs: new Map(tensors.map((tensor, at) => [`x${at}`, tensor])),
  outputs: ["y"],
});
/** Calls that may be one batch: any tensor, cut anywhere. */
const cuttable = fc.tuple(anyTensor, fc.integer({ min: 1, max: 7 }));

describe("batches", () => {
  test("cutting a call and joining the parts gives the call again, and its outputs likewise", () => {
    fc.assert(
      fc.property(cuttable, ([tensor, maxRows]) => {
        const call = callOf(tensor);
        const parts = cutCall(call, maxRows);
        for (const part of parts) expect(rowsOf(part)).toBeLessThanOrEqual(Math.max(maxRows, 0));
        expect(joinCalls(parts, 0)).toEqual(call);
        expect(joinOutputs(parts.map(({ inputs }) => inputs))).toEqual(call.inputs);
      }),
    );
  });

  test("each call gets its own rows back, and made-up rows go to nobody", () => {
    fc.assert(
      fc.property(cuttable, fc.integer({ min: 0, max: 40 }), ([tensor, maxRows], minRows) => {
        const parts = cutCall(callOf(tensor), maxRows);
        const joined = joinCalls(parts, minRows);
        const counts = parts.map((part) => rowsOf(part) ?? 0);
        const split = splitOutputs(joined.inputs, counts, minRows);
        if ((rowsOf(joined) ?? 0) < minRows) expect(split).toBeNull();
        else expect(split).toEqual(parts.map(({ inputs }) => inputs));
      }),
    );
  });

  test("a lone row is repeated up to the fewest rows", () => {
    const row: Tensor = { datatype: "FP32", shape: [1, 2], data: Float32Array.of(1, 2) };
    const text: Tensor = { datatype: "BYTES", shape: [1], data: ["a"] };
    const joined = joinCalls([callOf(row, text)], 3);
    expect(joined.inputs.get("x0")).toEqual({
      ...row,
      shape: [3, 2],
      data: Float32Array.of(1, 2, 1, 2, 1, 2),
    });
    expect(joined.inputs.get("x1")).toEqual({ ...text, shape: [3], data: ["a", "a", "a"] });
  });

  test("outputs that lack rows are nobody's", () => {
    const output: Tensor = { datatype: "FP32", shape: [1], data: Float32Array.of(1) };
    expect(splitOutputs(new Map([["y", output]]), [1, 1], 1)).toBeNull();
  });
});
