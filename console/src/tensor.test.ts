import type { TensorSpec } from "@bedplate/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldCount, readFields, readJson, sampleField, sampleJson } from "./tensor.ts";

const spec = (datatype: TensorSpec["datatype"], ...shape: number[]): TensorSpec => ({
  name: "x",
  datatype,
  shape,
});

const datatype = fc.constantFrom<TensorSpec["datatype"]>(
  "BOOL",
  "UINT8",
  "INT64",
  "FP16",
  "FP32",
  "FP64",
  "BYTES",
);
const shape = fc.array(fc.constantFrom(-1, 1, 2, 3), { maxLength: 3 });

describe("what the form starts with", () => {
  test("the sample of any input is valid, typed either way", () => {
    fc.assert(
      fc.property(datatype, shape, (type, sizes) => {
        const input = spec(type, ...sizes);
        expect(readJson(input, sampleJson(input))).toHaveProperty("value");
        const count = fieldCount(input);
        if (count === null) return;
        const typed = readFields(input, Array(count).fill(sampleField(type)));
        expect(typed).toEqual(readJson(input, sampleJson(input)));
      }),
    );
  });

  test("a picture gets no field for each pixel and no sample that nobody can edit", () => {
    const picture = spec("FP32", -1, 3, 224, 224);
    expect(fieldCount(picture)).toBeNull();
    expect(sampleJson(picture)).toBe("");
  });
});

describe("what was typed", () => {
  test("fields become one row", () => {
    expect(readFields(spec("FP32", -1, 3), ["1", " 2.5 ", "-3e2"])).toEqual({
      value: { name: "x", datatype: "FP32", shape: [1, 3], data: [1, 2.5, -300] },
    });
    expect(readFields(spec("BOOL", -1), ["TRUE"])).toMatchObject({ value: { data: [true] } });
    expect(readFields(spec("BYTES", 1), ["007"])).toMatchObject({ value: { data: ["007"] } });
  });

  test("JSON may hold many rows", () => {
    expect(readJson(spec("INT64", -1, 2), "[[1, 2], [3, 4], [5, 6]]")).toEqual({
      value: { name: "x", datatype: "INT64", shape: [3, 2], data: [1, 2, 3, 4, 5, 6] },
    });
    expect(readJson(spec("FP64"), "4")).toMatchObject({ value: { shape: [], data: [4] } });
  });

  test.each([
    ["FP32", "", '"" is not a number'],
    ["FP32", "Infinity", "not a number"],
    ["INT8", "128", "128 is outside -128 to 127"],
    ["UINT8", "-1", "-1 is outside 0 to 255"],
    ["INT64", "1.5", "1.5 is not a whole number, which INT64 needs"],
    ["INT64", "9007199254740993", "outside"],
    ["BOOL", "yes", '"yes" is not true or false'],
  ] as const)("%s refuses %j: %s", (type, typed, why) => {
    const read = readFields(spec(type, 1), [typed]);
    expect("problems" in read && read.problems[0]).toContain(why);
  });

  test.each([
    ["{", "this is not JSON"],
    ["[[1, 2], [3]]", "not all of one length"],
    ["[1, 2]", "the shape is [2], the model takes [any, 2]"],
    ["[[1, 2, 3]]", "the shape is [1, 3]"],
    ["[]", "the shape is [0]"],
    ['[[1, "a"]]', 'x, value 2: "a" is not a number'],
    ["[[1, null]]", "null is not a number"],
    ["[[1, {}]]", "{} is not a number"],
  ])("%s as JSON is refused: %s", (text, why) => {
    const read = readJson(spec("FP32", -1, 2), text);
    expect("problems" in read && read.problems[0]).toContain(why);
  });

  test("of many wrong values the first few are told, and how many more there are", () => {
    const read = readJson(spec("FP32", -1), JSON.stringify(Array(20).fill("a")));
    expect("problems" in read && read.problems).toHaveLength(6);
    expect("problems" in read && read.problems.at(-1)).toBe("x: 15 more of the kind");
  });

  test("any text at all is read or refused, never thrown", () => {
    fc.assert(
      fc.property(datatype, shape, fc.oneof(fc.string(), fc.json()), (type, sizes, text) => {
        const read = readJson(spec(type, ...sizes), text);
        if ("value" in read)
          expect(read.value.data).toHaveLength(read.value.shape.reduce((a, b) => a * b, 1));
        else expect(read.problems.length).toBeGreaterThan(0);
      }),
    );
  });
});
