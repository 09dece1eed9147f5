import fc from "fast-check";
import { expect, test } from "vitest";
import { anyJsonTensor, anyTensor } from "../../testing/any-tensor.ts";
import { encode } from "../../testing/grpc-client.ts";
import { readInferenceRequest } from "../domain/inference-request.ts";
import { Problem } from "../domain/problem.ts";
import type { Signature, Tensor } from "../domain/tensor.ts";
import { writeBytes } from "../domain/tensor-bytes.ts";
import { readInferCall } from "./infer-request.ts";

/** The field of InferTensorContents that carries a datatype, written here a second time. */
const fields: Readonly<Record<string, string>> = {
  BOOL: "bool_contents",
  INT8: "int_contents",
  INT16: "int_contents",
  INT32: "int_contents",
  INT64: "int64_contents",
  UINT8: "uint_contents",
  UINT16: "uint_contents",
  UINT32: "uint_contents",
  UINT64: "uint64_contents",
  FP32: "fp32_contents",
  FP64: "fp64_contents",
  BYTES: "bytes_contents",
};

const signature = (tensor: Tensor): Signature => ({
  inputs: [{ name: "x", datatype: tensor.datatype, shape: [-1] }],
  outputs: [{ name: "y", datatype: tensor.datatype, shape: [-1] }],
});

function contentsOf({ datatype, data }: Tensor): object {
  const values = [...data].map((value) => {
    if (typeof value === "bigint") return longOf(value);
    if (typeof value === "string") return Buffer.from(value);
    return datatype === "BOOL" ? value === 1 : value;
  });
  return { [fields[datatype] ?? ""]: values };
}

/** As protobuf.js has whole numbers of 64 bits. */
const longOf = (value: bigint) => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
  unsigned: value > 2n ** 63n - 1n,
});

const input = ({ datatype, shape }: Tensor, more: object) => ({
  name: "x",
  datatype,
  shape: [...shape],
  ...more,
});

function readTensor(message: object, tensor: Tensor): Tensor | undefined {
  const { body } = readInferCall(encode("ModelInferRequest", message));
  return readInferenceRequest(body, signature(tensor)).inputs.get("x");
}

function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("was not refused");
}

test("raw and typed contents are read as the values that another library wrote, bit for bit", () => {
  fc.assert(
    fc.property(anyTensor, (tensor) => {
      const raw = { inputs: [input(tensor, {})], raw_input_contents: [writeBytes(tensor)] };
      expect(readTensor(raw, tensor)).toEqual(tensor);
    }),
  );
  fc.assert(
    fc.property(anyJsonTensor, (tensor) => {
      const typed = { inputs: [input(tensor, { contents: contentsOf(tensor) })] };
      expect(readTensor(typed, tensor)).toEqual(tensor);
    }),
  );
});

test("names, ids, versions, outputs and parameters arrive as they were sent", () => {
  const parameters = {
    timeout: { int64_param: 5_000_000 },
    ok: { bool_param: false },
    ["__proto__"]: { string_param: "x" },
    half: { double_param: 0.5 },
    large: { uint64_param: 7 },
  };
  const call = readInferCall(
    encode("ModelInferRequest", {
      model_name: "m",
      model_version: "3",
      id: "r1",
      parameters,
      inputs: [{ name: "x", datatype: "FP32", shape: [0], parameters: {} }],
      outputs: [{ name: "y", parameters: { binary_data: { bool_param: false }, k: { int64_param: 1 } } }],
    }),
  );
  expect(call).toMatchObject({ model: "m", version: "3", body: { id: "r1" } });
  expect({ ...(call.body.parameters as object) }).toMatchObject({
    timeout: 5_000_000,
    ok: false,
    half: 0.5,
    large: 7,
    binary_data_output: true,
  });
  expect(call.body.outputs).toEqual([
    { name: "y", parameters: Object.assign(Object.create(null), { k: 1 }) },
  ]);
  const tensor: Tensor = { datatype: "FP32", shape: [0], data: new Float32Array(0) };
  expect(readInferenceRequest(call.body, signature(tensor))).toMatchObject({ id: "r1", timeoutMs: 5_000 });
});

test("what does not fit is refused with what is allowed", () => {
  const one = (more: object, datatype = "FP32", rest: object = {}) => {
    const tensor = { datatype: datatype as "FP32", shape: [2], data: new Float32Array(2) };
    return refusal(() => readTensor({ inputs: [input(tensor, more)], ...rest }, tensor));
  };
  expect(one({}, "FP32", { raw_input_contents: [Buffer.alloc(8), Buffer.alloc(8)] })).toMatch(
    /all must: 1 inputs, 2/,
  );
  const contents = { fp32_contents: [1, 2] };
  expect(one({ contents }, "FP32", { raw_input_contents: [Buffer.alloc(8)] })).toMatch(/1 in contents/);
  expect(one({}, "FP32", { raw_input_contents: [Buffer.alloc(7)] })).toMatch(/holds 8 bytes, not 7/);
  expect(one({ contents: { fp32_contents: [1, 2, 3] } })).toMatch(/holds 2 values, fp32_contents has 3/);
  expect(one({ contents: { fp64_contents: [1, 2] } })).toMatch(/given in fp32_contents/);
  expect(one({ contents: { int_contents: [1, 200] } }, "INT8")).toMatch(
    /value 1 of int_contents is none of INT8/,
  );
  expect(one({ contents: { uint_contents: [1, 70_000] } }, "UINT16")).toMatch(/value 1/);
  expect(one({}, "FP32")).toMatch(/INPUT_INVALID.*fewer/);
  expect(one({}, "FP16")).toMatch(/raw_input_contents only/);
  expect(one({ contents: { bytes_contents: [Buffer.from([0xff]), Buffer.from("")] } }, "BYTES")).toMatch(
    /UTF-8/,
  );
  expect(one({ parameters: { shared_memory_region: { string_param: "r" } } })).toMatch(/shared memory/);
});

test("a message of nothing but empty parts is refused before it takes many times its bytes", () => {
  const empty = (tag: number) => Buffer.alloc(4_000_000, Buffer.from([tag, 0]));
  for (const [tag, what] of [
    [0x2a, "inputs"],
    [0x32, "outputs"],
    [0x3a, "raw_input_contents"],
  ] as const) {
    expect(refusal(() => readInferCall(empty(tag)))).toMatch(`4096 ${what}`);
  }
  const dimensions = Buffer.concat([Buffer.from([0x2a, 102, 0x1a, 100]), Buffer.alloc(100)]);
  expect(refusal(() => readInferCall(dimensions))).toMatch("64 dimensions");
  const parameters = Buffer.concat(
    Array.from({ length: 70 }, (_, at) => Buffer.from([0x22, 3, 0x0a, 1, 40 + at])),
  );
  expect(refusal(() => readInferCall(parameters))).toMatch("64 parameters");
  const tensor = { datatype: "INT64" as const, shape: [2 ** 40], data: new BigInt64Array(0) };
  const message = { inputs: [input(tensor, { contents: { int64_contents: [1] } })] };
  expect(refusal(() => readTensor(message, tensor))).toMatch("has fewer");
});

test("bytes that are no request are refused, whatever they are", () => {
  const valid = encode("ModelInferRequest", {
    model_name: "m",
    inputs: [{ name: "x", datatype: "INT64", shape: [2], contents: { int64_contents: [1, 2] } }],
  });
  const tensor = { datatype: "INT64" as const, shape: [2], data: new BigInt64Array(2) };
  const read = (bytes: Buffer) => {
    try {
      readInferenceRequest(readInferCall(bytes).body, signature(tensor));
    } catch (error) {
      expect(error).toBeInstanceOf(Problem);
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => read(Buffer.from(bytes))),
    { numRuns: 1_000 },
  );
  fc.assert(
    fc.property(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length), (at, byte, length) => {
      const changed = Buffer.from(valid.subarray(0, length));
      if (at < changed.length) changed[at] = byte;
      read(changed);
    }),
    { numRuns: 1_000 },
  );
});
