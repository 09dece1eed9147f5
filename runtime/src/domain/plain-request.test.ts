import type { TensorSpec } from "@bedplate/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseExactJson } from "./exact-json.ts";
import { readInferenceRequest } from "./inference-request.ts";
import { readPlainRequest } from "./plain-request.ts";
import type { InferenceRequest, Signature } from "./tensor.ts";
import { writeBytes } from "./tensor-bytes.ts";

const signatureOf = (datatype: TensorSpec["datatype"]): Signature => ({
  inputs: [
    { name: "x", datatype, shape: [-1, 2] },
    { name: "y", datatype: "FP64", shape: [-1] },
  ],
  outputs: [{ name: "z", datatype: "FP32", shape: [-1] }],
});

function readExactly(text: string, signature: Signature): InferenceRequest | null {
  try {
    return readInferenceRequest(parseExactJson(text), signature);
  } catch {
    return null;
  }
}

/** Everything that a request says, its numbers as bytes. */
const saidIn = ({ id, inputs, outputs, binary, timeoutMs }: InferenceRequest) => ({
  id,
  timeoutMs,
  outputs,
  binary: [...binary],
  inputs: [...inputs].map(([name, tensor]) => [
    name,
    tensor.datatype,
    tensor.shape,
    Buffer.from(writeBytes(tensor)).toString("hex"),
  ]),
});

/** Whether the text was plain; where it was, both readers must say the same. */
function agree(text: string, signature: Signature): boolean {
  const plain = readPlainRequest(text, signature);
  if (plain === null) return false;
  const exact = readExactly(text, signature);
  expect(exact, text).not.toBeNull();
  if (exact !== null) expect(saidIn(plain), text).toEqual(saidIn(exact));
  return true;
}

const digits = (most: number) => fc.stringMatching(new RegExp(`^\\d{1,${most}}$`));
const words = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -128, max: 127 }).map(String) },
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer({ min: -70_000, max: 70_000 }).map(String),
  fc
    .tuple(fc.constantFrom("", "-"), digits(22), digits(24), fc.constantFrom("", "e5", "E-7", "e+30", "e-44"))
    .map(([sign, whole, fraction, exponent]) => `${sign}${BigInt(whole)}.${fraction}${exponent}`),
  fc.constantFrom(
    "0",
    "-0",
    "-0.0",
    "1e400",
    "1e39",
    "1e-400",
    "16777217",
    "9007199254740993",
    "01",
    ".5",
    "5.",
  ),
  fc.constantFrom("1.0", "1e2", "true", "null", '"NaN"', "4294967295", "-128", "3.4028235677973366e38", "1e"),
);
const gap = fc.constantFrom("", "", "", " ", "\n\t ");
const datatypes = ["FP32", "FP64", "INT8", "INT16", "INT32", "UINT8", "UINT16", "UINT32"] as const;

const request = fc
  .record({
    datatype: fc.constantFrom(...datatypes),
    rows: fc.integer({ min: 1, max: 3 }),
    nested: fc.boolean(),
    gap,
    id: fc.option(fc.constantFrom("7", "é", 'a"b', "")),
  })
  .chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.array(words, { minLength: shape.rows * 2, maxLength: shape.rows * 2 }),
      fc.array(words, { minLength: shape.rows, maxLength: shape.rows }),
    ),
  )
  .map(([{ datatype, rows, nested, gap, id }, x, y]) => {
    const comma = `${gap},${gap}`;
    const row = (at: number) => `[${x.slice(at * 2, at * 2 + 2).join(comma)}]`;
    const data = nested
      ? `[${Array.from({ length: rows }, (_, at) => row(at)).join(comma)}]`
      : `[${x.join(comma)}]`;
    const inputs = [
      `{"name":"x"${comma}"shape":[${rows}${comma}2],"datatype":"${datatype}","data":${gap}${data}${gap}}`,
      `{"shape":[${rows}],"name":"y",${gap}"datatype":"FP64","data":[${y.join(comma)}]}`,
    ];
    const named = id === null ? "" : `"id":${JSON.stringify(id)},`;
    return { datatype, text: `${gap}{${named}"inputs":[${inputs.join(comma)}]}${gap}` };
  });

describe("readPlainRequest", () => {
  test("reads what is plain, and exactly as the reader of all requests does", () => {
    let plain = 0;
    fc.assert(
      fc.property(request, ({ datatype, text }) => {
        if (agree(text, signatureOf(datatype))) plain++;
      }),
      { numRuns: 400 },
    );
    expect(plain).toBeGreaterThan(20);
  });

  test("leaves what was damaged to the reader of all requests, or reads it alike", () => {
    const damage = fc.record({ at: fc.nat(400), cut: fc.nat(3), put: fc.string({ maxLength: 2 }) });
    fc.assert(
      fc.property(request, damage, ({ datatype, text }, { at, cut, put }) => {
        const from = at % text.length;
        agree(text.slice(0, from) + put + text.slice(from + cut), signatureOf(datatype));
      }),
      { numRuns: 400 },
    );
  });

  test("reads numbers of any length bit for bit", () => {
    const signature: Signature = {
      ...signatureOf("FP32"),
      inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
    };
    const bits = fc.uint32Array({ minLength: 1, maxLength: 20 });
    let plain = 0;
    fc.assert(
      fc.property(bits, fc.integer({ min: 6, max: 21 }), (array, precision) => {
        const values = [...new Float32Array(array.buffer.slice(0))].filter(Number.isFinite);
        if (values.length === 0) return;
        const data = values.map((value) => value.toPrecision(precision)).join();
        const text = `{"inputs":[{"name":"x","shape":[${values.length}],"datatype":"FP32","data":[${data}]}]}`;
        if (agree(text, signature)) plain++;
      }),
      { numRuns: 400 },
    );
    expect(plain).toBeGreaterThan(250);
  });

  test.each([
    ["a shape that asks for more than there is", '[1000000,2],"datatype":"FP32","data":[1]'],
    ["a shape of more digits than any", '[1000000000000,2],"datatype":"FP32","data":[1]'],
    ["values before their shape is known", '[1,2],"data":[1,2],"datatype":"FP32"'],
    ["a name twice", '[1,2],"name":"x","datatype":"FP32","data":[1,2]'],
    ["an unknown key", '[1,2],"datatype":"FP32","data":[1,2],"more":1'],
    ["another datatype", '[1,2],"datatype":"FP64","data":[1,2]'],
  ])("leaves %s to the reader of all requests", (_title, rest) => {
    const y = '{"name":"y","shape":[1],"datatype":"FP64","data":[1]}';
    const text = `{"inputs":[{"name":"x","shape":${rest}},${y}]}`;
    expect(readPlainRequest(text, signatureOf("FP32"))).toBeNull();
  });

  test("leaves a model with an output that JSON cannot carry to the reader of all requests", () => {
    const inputs = [{ name: "x", datatype: "FP32", shape: [-1] }] as const;
    const text = '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}';
    const outputs = [{ name: "z", datatype: "FP32", shape: [-1] }] as const;
    expect(readPlainRequest(text, { inputs, outputs } as unknown as Signature)).not.toBeNull();
    const half = [{ ...outputs[0], datatype: "FP16" }];
    expect(readPlainRequest(text, { inputs, outputs: half } as unknown as Signature)).toBeNull();
  });
});
