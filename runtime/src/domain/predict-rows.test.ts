import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyJsonTensor } from "../../testing/any-tensor.ts";
import { cellOf, readCsv } from "./csv-table.ts";
import { parseExactJson } from "./exact-json.ts";
import { readPredictRequest, readTable, writePredictions } from "./predict-rows.ts";
import { Problem } from "./problem.ts";
import type { Datatype, Signature, Tensor } from "./tensor.ts";
import { writeBytes } from "./tensor-bytes.ts";

function signatureOf(...specs: [name: string, datatype: Datatype, shape: number[]][]): Signature {
  const inputs = specs.map(([name, datatype, shape]) => ({ name, datatype, shape }));
  return { inputs, outputs: [{ name: "y", datatype: "FP32", shape: [-1] }] };
}
const pairs = signatureOf(["x", "FP32", [-1, 2]]);
const named = signatureOf(["a", "FP32", [-1, 1]], ["b", "BYTES", [-1]]);
const data = (call: { inputs: ReadonlyMap<string, Tensor> }, name: string) => call.inputs.get(name)?.data;

describe("rows", () => {
  test("are the values of the only input, whether bare or under its name", () => {
    const rows = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    for (const body of [
      { instances: rows },
      { instances: rows.map((x) => ({ x })) },
      { inputs: rows },
      { inputs: { x: rows } },
    ]) {
      const call = readPredictRequest(body, pairs);
      expect(call.inputs.get("x")).toMatchObject({ shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
      expect(call.outputs).toEqual(["y"]);
    }
  });

  test("of several inputs are objects, or columns by name", () => {
    const byRow = readPredictRequest(
      {
        instances: [
          { a: [1], b: "x" },
          { a: [2], b: "y" },
        ],
      },
      named,
    );
    const byColumn = readPredictRequest({ inputs: { a: [[1], [2]], b: ["x", "y"] } }, named);
    expect(byRow).toEqual(byColumn);
    expect(data(byRow, "b")).toEqual(["x", "y"]);
  });

  const wrong: [string, unknown, string][] = [
    ["no object", [], '"instances"'],
    ["neither key", {}, "either"],
    ["both keys", { instances: [], inputs: [] }, "either"],
    ["another key", { instances: [[1, 2]], signature_name: "s" }, "unknown keys"],
    ["no array", { instances: 5 }, "array"],
    ["rows of another length", { instances: [[1, 2, 3]] }, "shape must be [-1, 2]"],
    ["ragged rows", { instances: [[1, 2], [3]] }, "nested data"],
    ["deeper rows", { instances: [[[1, 2]]] }, "shape must be"],
    ["a name that the model lacks", { inputs: { z: [[1, 2]] } }, "no input"],
    ["__proto__ as a name", JSON.parse('{"instances":[{"__proto__":1}]}'), "no input"],
  ];
  for (const [what, body, words] of wrong) {
    test(`with ${what} are refused in words`, () => {
      expect(() => readPredictRequest(body, pairs)).toThrow(words);
      expect(() => readPredictRequest(body, pairs)).toThrow(Problem);
    });
  }

  test("any JSON at all gives inputs or a problem", () => {
    fc.assert(
      fc.property(fc.constantFrom("instances", "inputs"), fc.jsonValue(), (key, value) => {
        for (const signature of [pairs, named]) {
          try {
            readPredictRequest({ [key]: value }, signature);
          } catch (error) {
            expect((error as Problem).status).toBe(400);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("are written so that they read as the same values", () => {
    fc.assert(
      fc.property(anyJsonTensor, (tensor) => {
        const { predictions } = parseExactJson(writePredictions(new Map([["y", tensor]]))) as {
          predictions: unknown;
        };
        const call = readPredictRequest(
          { instances: predictions },
          signatureOf(["x", tensor.datatype, [-1]]),
        );
        expect(writeBytes(call.inputs.get("x") ?? tensor)).toEqual(writeBytes(tensor));
      }),
    );
  });

  test("of several outputs are objects, or columns where their lengths differ", () => {
    const tensor = (shape: number[], ...values: number[]): Tensor => ({
      datatype: "FP32",
      shape,
      data: Float32Array.from(values),
    });
    const even = new Map([
      ["p", tensor([2, 2], 1, 2, 3, 4)],
      ["q", tensor([2], 5, 6)],
    ]);
    expect(writePredictions(even)).toBe('{"predictions":[{"p":[1,2],"q":5},{"p":[3,4],"q":6}]}');
    const uneven = new Map([
      ["p", tensor([1], 1)],
      ["q", tensor([2], 5, 6)],
    ]);
    expect(writePredictions(uneven)).toBe('{"predictions":{"p":[1],"q":[5,6]}}');
  });
});

describe("a table", () => {
  test("is the rows of the only input, or a column for each", () => {
    const wide = readTable({ columns: ["u", "v"], rows: [[1, 2]] }, pairs);
    expect(wide.inputs.get("x")).toMatchObject({ shape: [1, 2] });
    const call = readTable(
      {
        columns: ["b", "a"],
        rows: [
          ["s", 1],
          ["t", 2],
        ],
      },
      named,
    );
    expect(call.inputs.get("a")).toMatchObject({ shape: [2, 1] });
    expect(data(call, "b")).toEqual(["s", "t"]);
    expect(() => readTable({ columns: ["a", "c"], rows: [[1, 2]] }, named)).toThrow("no input");
    expect(() => readTable({ columns: ["a", "a", "b"], rows: [[1, 2, "c"]] }, named)).toThrow("given twice");
  });

  test("as comma-separated values has the same values, quotes and line ends as RFC 4180 has them", () => {
    const call = readTable(readCsv('a,b\r\n1.5,"x, ""y"""\r\n,\n'), named, cellOf);
    expect(data(call, "a")).toEqual(Float32Array.of(1.5, Number.NaN));
    expect(data(call, "b")).toEqual(['x, "y"', ""]);
    for (const text of ["", "a,b\n1", 'a\n"1', 'a\n"1"2']) expect(() => readCsv(text)).toThrow(Problem);
    expect(() => readTable(readCsv("x\none"), signatureOf(["x", "INT32", [-1]]), cellOf)).toThrow('"one"');
  });

  test("of any text is read or is a problem, and what is quoted comes back", () => {
    const cell = fc.string({ unit: "grapheme" });
    const quoted = (row: string[]) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(",");
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        expect(readCsv(rows.map(quoted).join("\n"))).toEqual({ columns: rows[0], rows: rows.slice(1) });
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          readCsv(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "MALFORMED_BODY" });
        }
      }),
    );
  });
});
