import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyJsonTensor, anyTensor } from "../../testing/any-tensor.ts";
import { parseExactJson } from "./exact-json.ts";
import { readInferenceRequest, readRawRequest } from "./inference-request.ts";
import { writeInferenceResponse } from "./inference-response.ts";
import { Problem } from "./problem.ts";
import type { Datatype, Signature } from "./tensor.ts";
import { writeBytes } from "./tensor-bytes.ts";

function signatureOf(...specs: [name: string, datatype: Datatype, shape: number[]][]): Signature {
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
      fc.property(anyJsonTensor, fc.string(), (tensor, name) => {
        const { text } = writeInferenceResponse({
          model: "m",
          version: 1,
          outputs: new Map([[name, tensor]]),
        });
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

/** A request body of JSON and the binary tensors behind it, at any alignment. */
function behind(json: object, ...parts: Uint8Array[]) {
  const padding = Buffer.alloc(1 + Math.floor(JSON.stringify(json).length % 7));
  const bytes = Buffer.concat([padding, ...parts]).subarray(padding.length);
  return { json, part: { bytes } };
}

describe("tensors in binary", () => {
  test("what is written is read back bit for bit, for every datatype, wherever it lies", () => {
    fc.assert(
      fc.property(fc.array(anyTensor, { maxLength: 4 }), (tensors) => {
        const outputs = new Map(tensors.map((tensor, at) => [`t${at}`, tensor]));
        const binary = new Set(outputs.keys());
        const { text, parts } = writeInferenceResponse({ model: "m", version: 1, outputs, binary });
        const { outputs: inputs } = JSON.parse(text);
        const { json, part } = behind({ inputs }, ...parts);
        const specs = [...outputs].map(([name, { datatype }]) => [name, datatype, [-1]] as const);
        const signature = signatureOf(
          ...specs.map(([a, b, c]) => [a, b, [...c]] as [string, Datatype, number[]]),
        );
        const call = readInferenceRequest(json, signature, part);
        for (const [name, tensor] of outputs) {
          const read = call.inputs.get(name);
          expect(read?.datatype).toBe(tensor.datatype);
          expect(writeBytes(read ?? tensor)).toEqual(writeBytes(tensor));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("the same values in JSON and in binary are the same tensor", () => {
    fc.assert(
      fc.property(anyJsonTensor, (tensor) => {
        const outputs = new Map([["x", tensor]]);
        const signature = signatureOf(["x", tensor.datatype, [-1]]);
        const plain = writeInferenceResponse({ model: "m", version: 1, outputs });
        const packed = writeInferenceResponse({ model: "m", version: 1, outputs, binary: new Set(["x"]) });
        const read = (text: string, bytes: Uint8Array | null) => {
          const { outputs: inputs } = parseExactJson(text) as { outputs: unknown };
          return readInferenceRequest({ inputs }, signature, bytes === null ? null : { bytes }).inputs.get(
            "x",
          );
        };
        const [a, b] = [read(plain.text, null), read(packed.text, Buffer.concat(packed.parts))];
        expect(writeBytes(a ?? tensor)).toEqual(writeBytes(b ?? tensor));
      }),
      { numRuns: 500 },
    );
  });

  const input = (size: unknown, fields: object = {}) => ({
    inputs: [{ name: "x", datatype: "FP32", shape: [2], parameters: { binary_data_size: size }, ...fields }],
  });
  const lies: [string, object, number, string][] = [
    ["negative", input(-8), 8, "whole number from 0"],
    ["no number", input("8"), 8, "whole number from 0"],
    ["past the end", input(2 ** 40), 8, "8 bytes are left"],
    ["short of the shape", input(4), 4, "holds 8 bytes, not 4"],
    ["short of the body", input(8), 12, "4 bytes behind the JSON"],
    ["beside data", input(8, { data: [1, 2] }), 8, "both"],
  ];
  for (const [what, json, length, words] of lies) {
    test(`of a size that is ${what} are refused in words`, () => {
      expect(() => readInferenceRequest(json, single, { bytes: Buffer.alloc(length) })).toThrow(words);
    });
  }

  const texts: [string, number[], string][] = [
    ["past the end", [9, 0, 0, 0, 65], "says that it has 9 bytes, 1 are left"],
    ["of four billion bytes", [255, 255, 255, 255, 65], "4294967295"],
    ["that are not UTF-8", [1, 0, 0, 0, 255], "UTF-8"],
    ["with U+0000", [1, 0, 0, 0, 0], "U+0000"],
    ["with bytes left", [1, 0, 0, 0, 65, 66], "1 bytes are left"],
    ["without a whole length", [1, 0], "need at least 4 bytes"],
  ];
  for (const [what, given, words] of texts) {
    test(`of BYTES ${what} are refused in words`, () => {
      const parameters = { binary_data_size: given.length };
      const json = { inputs: [{ name: "x", datatype: "BYTES", shape: [1], parameters }] };
      const signature = signatureOf(["x", "BYTES", [-1]]);
      expect(() => readInferenceRequest(json, signature, { bytes: Buffer.from(given) })).toThrow(words);
    });
  }

  test("of BYTES that claim a million values are refused before room is made for them", () => {
    const json = {
      inputs: [{ name: "x", datatype: "BYTES", shape: [2 ** 31], parameters: { binary_data_size: 4 } }],
    };
    const signature = signatureOf(["x", "BYTES", [-1]]);
    expect(() => readInferenceRequest(json, signature, { bytes: Buffer.alloc(4) })).toThrow("need at least");
  });

  test("any bytes behind any sizes give inputs or a problem", () => {
    const datatypes: Datatype[] = ["BOOL", "BYTES", "FP16", "FP32", "INT64"];
    const request = fc.record({
      datatype: fc.constantFrom(...datatypes),
      shape: fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 2 }),
      size: fc.oneof(fc.integer({ min: -1, max: 40 }), fc.double()),
      bytes: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(request, ({ datatype, shape, size, bytes }) => {
        const parameters = { binary_data_size: size };
        try {
          const json = { inputs: [{ name: "x", datatype, shape, parameters }] };
          readInferenceRequest(json, signatureOf(["x", datatype, shape.map(() => -1)]), { bytes });
        } catch (error) {
          expect((error as Problem).status).toBe(400);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("without any JSON are the model's only input, its open dimension from the length", () => {
    const read = (bytes: Uint8Array, datatype: Datatype, shape: number[]) =>
      readRawRequest(bytes, signatureOf(["x", datatype, shape]));
    const call = read(Buffer.alloc(24), "FP32", [-1, 2]);
    expect(call.inputs.get("x")).toMatchObject({ shape: [3, 2] });
    expect([...call.binary]).toEqual(["y"]);
    expect(read(Buffer.from("hello"), "BYTES", [-1]).inputs.get("x")?.data).toEqual(["hello"]);
    expect(read(Buffer.alloc(0), "FP32", [-1, 2]).inputs.get("x")?.shape).toEqual([0, 2]);
    for (const shape of [[-1, -1], [3], [-1, 5], [0, -1]]) {
      expect(() => read(Buffer.alloc(24), "FP32", shape)).toThrow(Problem);
    }
    expect(() => read(Buffer.from([255]), "BYTES", [1])).toThrow("UTF-8");
    expect(() => read(Buffer.from("a"), "BYTES", [2])).toThrow("one text");
    const two = signatureOf(["a", "FP32", [1]], ["b", "FP32", [1]]);
    expect(() => readRawRequest(Buffer.alloc(4), two)).toThrow("one input");
  });

  test("are asked for output by output, and the request as a whole speaks for the others", () => {
    const ask = (outputs: object[], parameters: object = {}) => [
      ...readInferenceRequest({ ...one({}), outputs, parameters }, single).binary,
    ];
    expect(ask([], { binary_data_output: true })).toEqual(["y"]);
    expect(ask([{ name: "y", parameters: { binary_data: false } }], { binary_data_output: true })).toEqual(
      [],
    );
    expect(ask([{ name: "y", parameters: { binary_data: true } }])).toEqual(["y"]);
    for (const parameters of [{ binary_data: 1 }, { classification: 3 }, { shared_memory_region: "r" }, 5]) {
      expect(() => ask([{ name: "y", parameters }])).toThrow(Problem);
    }
    expect(() => ask([], { binary_data_output: "yes" })).toThrow(Problem);
    expect(() => ask([], { timeout: -1 })).toThrow("microseconds");
    expect(readInferenceRequest({ ...one({}), parameters: { timeout: 2_500 } }, single).timeoutMs).toBe(2.5);
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
