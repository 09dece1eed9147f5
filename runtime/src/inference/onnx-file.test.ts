import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, test } from "vitest";
import { externalTensor, identityModel, linearModel, modelFile, value } from "../../testing/onnx-model.ts";
import { Problem } from "../domain/problem.ts";
import { checkOnnxFile } from "./onnx-file.ts";

function codeOf(bytes: Uint8Array): string {
  try {
    checkOnnxFile(bytes);
    return "none";
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

const border = { input: [value("x", "FP32", ["n"])], output: [value("y", "FP32", ["n"])] };
const node = (attribute: object) => ({
  ...border,
  node: [{ op_type: "If", input: ["x"], output: ["y"], attribute: [{ name: "a", ...attribute }] }],
});
const sparse = { values: { name: "v", dims: [1], data_type: 1 }, indices: externalTensor };

describe("an ONNX file", () => {
  test("a model whose weights lie inside passes", () => {
    expect(codeOf(linearModel([1, 2]))).toBe("none");
    expect(codeOf(identityModel("BYTES", 0))).toBe("none");
  });

  const places: Record<string, object> = {
    "an initializer": modelFile({ ...border, initializer: [externalTensor] }),
    "a sparse initializer": modelFile({ ...border, sparse_initializer: [sparse] }),
    "an attribute": modelFile(node({ t: externalTensor })),
    "an attribute's list": modelFile(node({ tensors: [externalTensor] })),
    "an attribute's sparse tensor": modelFile(node({ sparse_tensor: sparse })),
    "a subgraph": modelFile(node({ g: { name: "s", initializer: [externalTensor] } })),
    "a subgraph of a subgraph": modelFile(node({ graphs: [{ name: "s", ...node({ t: externalTensor }) }] })),
    "a function": modelFile(border, { functions: [{ name: "f", ...node({ t: externalTensor }) }] }),
    "training information": modelFile(border, {
      training_info: [{ algorithm: { name: "a", initializer: [externalTensor] } }],
    }),
    "a tensor without the location flag": modelFile({
      ...border,
      initializer: [{ ...externalTensor, data_location: 0 }],
    }),
  };
  for (const [place, bytes] of Object.entries(places)) {
    test(`external data in ${place} is refused`, () => {
      expect(codeOf(bytes as Uint8Array)).toBe("MODEL_EXTERNAL_DATA");
    });
  }

  test("what is not ONNX is refused, whatever it is", () => {
    for (const text of ["", "hello", "PK\u0003\u0004", '{"a":1}', "\u0080\u0004\u0095pickle"]) {
      expect(codeOf(Buffer.from(text))).toBe("MODEL_NOT_ONNX");
    }
    expect(codeOf(modelFile(border, { graph: undefined }))).toBe("MODEL_NOT_ONNX");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(["MODEL_NOT_ONNX", "MODEL_EXTERNAL_DATA", "MODEL_UNSUPPORTED", "none"]).toContain(
          codeOf(bytes),
        );
      }),
    );
  });

  test("a model that was cut short is refused or read, and never breaks the reader", () => {
    const whole = linearModel([1, 2, 3]);
    for (let length = 0; length < whole.length; length++) {
      expect(() => codeOf(whole.subarray(0, length))).not.toThrow();
    }
  });

  test("graphs nested past any use are refused", () => {
    let bytes: Uint8Array = new Uint8Array();
    // Model.graph is field 7; then, again and again, Graph.node 1, Node.attribute 5, Attribute.g 6.
    for (let depth = 0; depth < 3_000; depth++) {
      const field = depth === 2_999 ? 7 : ([6, 5, 1][depth % 3] ?? 0);
      bytes = protobuf.Writer.create()
        .uint32((field << 3) | 2)
        .bytes(bytes)
        .finish();
    }
    expect(codeOf(bytes)).toBe("MODEL_NOT_ONNX");
  });

  test("an input without a shape is refused by name", () => {
    const bytes = modelFile({ ...border, input: [value("free", "FP32", null)] });
    expect(() => checkOnnxFile(bytes)).toThrow(/"free"/);
    expect(codeOf(bytes)).toBe("MODEL_UNSUPPORTED");
  });
});
