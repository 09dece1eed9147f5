import fc from "fast-check";
import { expect, test } from "vitest";
import { compareOutputs } from "./output-difference.ts";
import type { Tensor } from "./tensor.ts";

const tolerance = { absolute: 1e-6, relative: 1e-3 };
const floats = (shape: readonly number[], ...data: number[]): Tensor => ({
  datatype: "FP32",
  shape,
  data: new Float32Array(data),
});
const compare = (a: Tensor, b: Tensor) => compareOutputs(new Map([["y", a]]), new Map([["y", b]]), tolerance);

test("an answer agrees with itself, whatever is in it", () => {
  fc.assert(
    fc.property(fc.array(fc.float(), { minLength: 1, maxLength: 30 }), (data) => {
      const tensor = floats([1, data.length], ...data);
      expect(compare(tensor, tensor)).toMatchObject({
        agreed: true,
        unlike: false,
        maxAbsolute: 0,
        maxRelative: 0,
      });
    }),
  );
});

test("the largest differences and the rows whose largest value stands elsewhere are counted", () => {
  const found = compare(floats([2, 3], 1, 2, 4, 8, 1, 1), floats([2, 3], 1, 2, 5, 1, 2, 1));
  expect(found).toEqual({
    agreed: false,
    unlike: false,
    maxAbsolute: 7,
    maxRelative: 1,
    rows: 2,
    rowsAgreed: 1,
  });
});

test("numbers agree by either tolerance; what is no number is told apart and is in no maximum", () => {
  expect(compare(floats([2], 1000, 0), floats([2], 1000.5, 0)).agreed).toBe(true);
  expect(compare(floats([2], 1000, 0), floats([2], 1002, 0)).agreed).toBe(false);
  expect(compare(floats([2], Number.NaN, 1), floats([2], 2, 1))).toMatchObject({
    unlike: true,
    maxAbsolute: 0,
  });
  expect(compare(floats([1], Number.POSITIVE_INFINITY), floats([1], 3e38)).unlike).toBe(true);
});

test("another shape, type or set of outputs is unlike", () => {
  expect(compare(floats([1, 2], 1, 2), floats([2, 1], 1, 2))).toMatchObject({ unlike: true, agreed: false });
  const whole: Tensor = { datatype: "INT32", shape: [1], data: new Int32Array([1]) };
  expect(compare(floats([1], 1), whole).unlike).toBe(true);
  expect(compareOutputs(new Map([["y", whole]]), new Map(), tolerance).unlike).toBe(true);
  const more = new Map([
    ["y", whole],
    ["z", whole],
  ]);
  expect(compareOutputs(new Map([["y", whole]]), more, tolerance).unlike).toBe(true);
});

test("texts, 64-bit whole numbers and half floats are compared by their values", () => {
  const text = (...data: string[]): Tensor => ({ datatype: "BYTES", shape: [data.length], data });
  expect(compare(text("a", "b"), text("a", "b")).agreed).toBe(true);
  expect(compare(text("a", "b"), text("a", "c")).agreed).toBe(false);
  const long = (value: bigint): Tensor => ({
    datatype: "INT64",
    shape: [1],
    data: new BigInt64Array([value]),
  });
  expect(compare(long(5n), long(7n))).toMatchObject({ maxAbsolute: 2, agreed: false });
  // 1.0, 2.0 and the smallest subnormal as bits.
  const half = (bits: number): Tensor => ({ datatype: "FP16", shape: [1], data: new Uint16Array([bits]) });
  expect(compare(half(0x3c00), half(0x4000)).maxAbsolute).toBe(1);
  expect(compare(half(0x0001), half(0x8001)).maxAbsolute).toBe(2 ** -23);
  expect(compare(half(0x7c00), half(0x3c00)).unlike).toBe(true);
});
