import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { floats, linearModel, modelFile, value } from "../../testing/onnx-model.ts";
import { createInterfaceReader } from "./onnx-interface.ts";

/** What the reader says of a version that has one file. */
async function interfaceOf(bytes: Buffer) {
  const digest = createHash("sha256").update(bytes).digest("hex");
  const read = createInterfaceReader(
    {
      files: async (folder) => [{ path: `${folder}/model.onnx`, digest, size: bytes.length }],
      open: async () => Readable.from([bytes]),
    },
    { modelLimitBytes: 2 ** 31, loadTimeoutMs: 10_000 },
  );
  return await read({ model: "m", version: 1, artifactPath: "m/1" });
}

test("what a model takes and gives is read from its file, weights and what is no tensor left out", async () => {
  const bytes = modelFile({
    initializer: [floats("w", [1], [1])],
    input: [value("x", "INT64", ["n", 3]), value("w", "FP32", [1]), value("free", "FP16", null)],
    output: [value("y", "BYTES", []), { name: "pairs", type: { sequence_type: {} } }],
  });
  expect(await interfaceOf(bytes)).toEqual({
    inputs: [
      { name: "x", datatype: "INT64", shape: [-1, 3] },
      { name: "free", datatype: "FP16", shape: [] },
    ],
    outputs: [{ name: "y", datatype: "BYTES", shape: [] }],
  });
});

test("a file that is none, or whose border takes long to read, has none", async () => {
  expect(await interfaceOf(Buffer.from("hello"))).toBeNull();
  expect(await interfaceOf(Buffer.from([8, 8]))).toBeNull();
  // A second graph of two million empty inputs.
  const inputs = Buffer.alloc(4_000_000);
  for (let at = 0; at < inputs.length; at += 2) inputs[at] = (11 << 3) | 2;
  const second = protobuf.Writer.create()
    .uint32((7 << 3) | 2)
    .bytes(inputs)
    .finish();
  expect(await interfaceOf(Buffer.concat([linearModel([1]), second]))).toBeNull();
});
