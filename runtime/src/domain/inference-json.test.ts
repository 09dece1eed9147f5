import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseExactJson } from "./exact-json.ts";
import { readInferenceRequest, writeInferenceResponse } from "./inference-json.ts";
import { Problem } from "./problem.ts";
import type { Datatype, Signature, Tensor } from "./tensor.ts";

const of = <D extends Datatype>(datatype: D, size: number, data: Tensor["data"]) =>
  ({ datatype, shape: [size], data }) as Tensor;
const typed = <A>(values: fc.Arbitrary<A>, make: (values: A[]) => Tensor) =>
  fc.array(values, { maxLength: 20 }).map(make);

/** Any tensor of any datatype, NaN, infinities, -0 and whole numbers of 64 bits included. */
const anyTensor: fc.Arbitrary<Tensor> = fc.oneof(
  typed(fc.boolean(), (v) => of("BOOL", v.length, Uint8Array.from(v, Number))),
  typed(fc.integer({ min: 0, max: 255 }), (v) => of("UINT8", v.length, Uint8Array.from(v))),
  typed(fc.integer({ min: 0, max: 65_535 }), (v) => of("UINT16", v.length, Uint16Array.from(v))),
  typed(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (v) => of("UINT32", v.length, Uint32Array.from(v))),
  typed(fc.bigInt(0n, 2n ** 64n - 1n), (v) => of("UINT64", v.length, BigUint64Array.from(v))),
  typed(fc.integer({ min: -128, max: 127 }), (v) => of("INT8", v.length, Int8Array.from(v))),
  typed(fc.integer({ min: -32_768, max: 32_767 }), (v) => of("INT16", v.length, Int16Array.from(v))),
  typed(fc.integer(), (v) => of("INT32", v.length, Int32Array.from(v))),
  typed(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (v) => of("INT64", v.length, BigInt64Array.from(v))),
  typed(fc.float(), (v) => of("FP32", v.length, Float32Array.from(v))),
  typed(fc.double(), (v) => of("FP64", v.length, Float64Array.from(v))),
  typed(
    fc.string({ unit: "grapheme" }).filter((one) => !one.includes("\0")),
    (v) => of("BYTES", v.length, v),
  ),
);

function signatureOf(...specs: [name: string, datatype: Datatype | "FP16", shape: number[]][]): Signature {
  const inputs = specs.map(([name, datatype, shape]) => ({ name, datatype, shape }));
  return { inputs, outputs: [{ name: "y", datatype: "FP32", shape: [-1] }] };
}

function problemOf(body: unknown, signature: Signature): Problem {
  try {
    readInferenceRequest(body, signature);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("nothing was wrong with the request");
}

const one = (fields: object) => ({
  inputs: [{ name: "x", datatype: "FP32", shape: [2], data: [1, 2], ...fields }],
});
const single = signatureOf(["x", "FP32", [-1]]);

describe("tensors in JSON", () => {
  test("what is written is read back exactly, for every datatype", () => {
    fc.assert(
      fc.property(anyTensor, fc.string(), (tensor, name) => {
        const text = writeInferenceResponse({ model: "m", version: 1, outputs: new Map([[name, tensor]]) });
        JSON.parse(text);
        const { outputs } = parseExactJson(text) as { outputs: unknown };
        const call = readInferenceRequest({ inputs: outputs }, signatureOf([name, tensor.datatype, [-1]]));
        expect(call.inputs.get(name)).toStrictEqual(tensor);
      }),
      { numRuns: 1_000 },
    );
  });

  test("any JSON at all gives a prediction's inputs or a problem", () => {
    const keys = fc.constantFrom(
      "inputs",
      "outputs",
      "name",
      "shape",
      "data",
      "datatype",
      "id",
      "__proto__",
      "x",
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom("x", "y", "FP32", -1, 0, 2, 1e300, null, "constructor"),
        fc.jsonValue(),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(keys, tie("value"), { maxKeys: 6 }),
      ),
    }));
    fc.assert(
      fc.property(value, (body) => {
        try {
          readInferenceRequest(body, single);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
          expect((error as Problem).status).toBe(400);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("any text at all is parsed or is a problem", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseExactJson(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "MALFORMED_BODY" });
        }
      }),
    );
  });

  test("only whole numbers that a double cannot hold become big integers", () => {
    const text =
      '[0.12345678901234567, 12345678901234567.5, 1234567890123456789e-3, "12345678901234567", 12345678901234567]';
    const [a, b, c, d, e] = parseExactJson(text) as unknown[];
    expect([a, b, c].map((one) => typeof one)).toEqual(["number", "number", "number"]);
    expect([d, e]).toEqual(["12345678901234567", 12345678901234567n]);
  });

  test("nested and flat data mean the same", () => {
    const square = signatureOf(["x", "INT32", [2, -1]]);
    const read = (data: unknown) =>
      readInferenceRequest({ inputs: [{ name: "x", datatype: "INT32", shape: [2, 3], data }] }, square);
    expect(
      read([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toEqual(read([1, 2, 3, 4, 5, 6]));
    for (const data of [
      [
        [1, 2, 3],
        [4, 5],
      ],
      [[1, 2, 3], 4, 5, 6],
      [[[1]], [[2]]],
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ]) {
      expect(problemOf(one({ data }), single).code).toBe("INPUT_INVALID");
    }
  });

  test("whole numbers past 2^53 keep their digits, as numbers and as strings", () => {
    const text =
      '{"inputs":[{"name":"x","datatype":"INT64","shape":[2],"data":[9007199254740993,"-9007199254740993"]}]}';
    const call = readInferenceRequest(parseExactJson(text), signatureOf(["x", "INT64", [-1]]));
    expect(call.inputs.get("x")?.data).toEqual(BigInt64Array.of(9007199254740993n, -9007199254740993n));
    const rounded = { inputs: [{ name: "x", datatype: "INT64", shape: [1], data: [2 ** 60] }] };
    expect(problemOf(rounded, signatureOf(["x", "INT64", [-1]])).message).toContain("strings of digits");
  });
});

describe("an inference request", () => {
  test("that lacks inputs, has others and a wrong one gets every problem at once", () => {
    const problem = problemOf(
      { inputs: [{ name: "a", datatype: "INT32", shape: [1], data: [1.5] }, { name: "z" }] },
      signatureOf(["a", "INT32", [-1]], ["b", "FP32", [-1, 4]]),
    );
    expect(problem.code).toBe("INPUT_MISSING");
    expect(problem.problems).toHaveLength(3);
    expect(problem.message).toContain('"b" (FP32 [-1, 4]) is missing');
    expect(problem.message).toContain('no input "z"');
    expect(problem.message).toContain(
      "value 0 is 1.5; INT32 takes whole numbers from -2147483648 to 2147483647",
    );
  });

  const wrong: [string, object, string][] = [
    ["another datatype", { datatype: "FP64" }, "datatype must be FP32"],
    ["too many dimensions", { shape: [1, 2] }, "shape must be [-1]"],
    ["a negative dimension", { shape: [-2] }, "whole numbers from 0"],
    ["a shape that lies", { shape: [3] }, "holds 3 values, data has 2"],
    ["a shape past counting", { shape: [2 ** 53 - 1] }, "data has 2"],
    ["data that is no array", { data: "1,2" }, "data must be an array"],
    ["text among numbers", { data: [1, "two"] }, 'value 1 is "two"'],
    ["null among numbers", { data: [1, null] }, "value 1 is null"],
    ["a number past the datatype", { data: [1, 1e39] }, "value 1 is 1e+39"],
    ["values in binary", { parameters: { binary_data_size: 8 } }, "binary"],
    ["an unknown key", { dta: 1 }, '"dta"'],
  ];
  for (const [what, fields, words] of wrong) {
    test(`with ${what} is refused in words`, () => {
      const problem = problemOf(one(fields), single);
      expect(problem.code).toBe("INPUT_INVALID");
      expect(problem.message).toContain(words);
    });
  }

  test("whose shape's product overflows is refused", () => {
    const shape = [2 ** 30, 2 ** 30, 2 ** 30];
    expect(problemOf(one({ shape }), signatureOf(["x", "FP32", [-1, -1, -1]])).message).toContain(
      "too large",
    );
  });

  test("that names an input twice, or FP16, is refused", () => {
    const twice = { inputs: [...one({}).inputs, ...one({}).inputs] };
    expect(problemOf(twice, single).message).toContain("given twice");
    const half = signatureOf(["x", "FP16", [-1]]);
    expect(problemOf(one({ datatype: "FP16" }), half).message).toContain("JSON cannot carry FP16");
  });

  test("chooses outputs by name, each once", () => {
    expect(readInferenceRequest({ ...one({}), outputs: [{ name: "y" }] }, single).outputs).toEqual(["y"]);
    expect(readInferenceRequest({ ...one({}), outputs: [] }, single).outputs).toEqual(["y"]);
    for (const outputs of [[{ name: "z" }], [{ name: "y" }, { name: "y" }], [{}], "y"]) {
      expect(problemOf({ ...one({}), outputs }, single).code).toBe("INVALID_REQUEST");
    }
  });

  test("with thousands of problems gets a short answer", () => {
    const inputs = Array.from({ length: 5_000 }, (_, at) => ({ name: `n${at}` }));
    expect(problemOf({ inputs }, single).message.length).toBeLessThan(4_000);
  });

  test("nested past any use is not even parsed", () => {
    expect(() => parseExactJson("[".repeat(1_000_000))).toThrow(/nested/);
    expect(() => parseExactJson(`"${"[".repeat(1_000)}"`)).not.toThrow();
  });
});
