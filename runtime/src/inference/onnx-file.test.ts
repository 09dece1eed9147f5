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

const tagOf = (number: number, wire: number) => (number << 3) | wire;
const field = (number: number, content: Buffer) =>
  Buffer.from(protobuf.Writer.create().uint32(tagOf(number, 2)).bytes(content).finish());
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
    for (let depth = 0; depth < 3_001; depth++) {
      const field = depth === 3_000 ? 7 : ([6, 5, 1][depth % 3] ?? 0);
      bytes = protobuf.Writer.create()
        .uint32((field << 3) | 2)
        .bytes(bytes)
        .finish();
    }
    expect(codeOf(bytes)).toBe("MODEL_UNSUPPORTED");
  });

  test("a model of four million empty nodes is refused without memory of its own", () => {
    const nodes = Buffer.alloc(2 * 4_000_000);
    for (let at = 0; at < nodes.length; at += 2) nodes[at] = tagOf(1, 2);
    const before = process.memoryUsage().rss;
    expect(codeOf(Buffer.concat([linearModel([1]), field(7, nodes)]))).toBe("MODEL_UNSUPPORTED");
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  });

  test("a file that is also one of ONNX Runtime's own format is refused", () => {
    const bytes = Buffer.concat([field(2, Buffer.from("..ORTM..")), linearModel([1])]);
    expect(bytes.toString("latin1", 4, 8)).toBe("ORTM");
    expect(codeOf(bytes)).toBe("MODEL_NOT_ONNX");
  });

  const external = field(13, Buffer.from([]));
  const inGraph = (...tensor: Buffer[]) =>
    Buffer.concat([linearModel([1]), field(7, field(5, Buffer.concat(tensor)))]);
  const twofold: Record<string, [bytes: Buffer, code: string]> = {
    "a second graph, which others put together with the first": [inGraph(external), "MODEL_EXTERNAL_DATA"],
    "a location that is given and taken back": [
      inGraph(Buffer.from([tagOf(14, 0), 1, tagOf(14, 0), 0])),
      "MODEL_EXTERNAL_DATA",
    ],
    "a location of more than 32 bits, which others cut": [
      inGraph(Buffer.from([tagOf(14, 0), 0x81, 0x80, 0x80, 0x80, 0x10])),
      "MODEL_EXTERNAL_DATA",
    ],
    "a location with the type of a text": [inGraph(field(14, Buffer.from([1]))), "MODEL_EXTERNAL_DATA"],
    "a tensor with the type of a number": [
      Buffer.concat([linearModel([1]), field(7, Buffer.from([tagOf(5, 0), 5]))]),
      "MODEL_NOT_ONNX",
    ],
    "a group, which others skip to its end": [
      inGraph(Buffer.from([tagOf(3, 3), tagOf(3, 4)]), external),
      "MODEL_NOT_ONNX",
    ],
    "a field without a number": [Buffer.concat([linearModel([1]), Buffer.from([2, 0])]), "MODEL_NOT_ONNX"],
    "a length past 32 bits": [
      Buffer.concat([linearModel([1]), Buffer.from([tagOf(7, 2), 0x80, 0x80, 0x80, 0x80, 0x80, 1])]),
      "MODEL_NOT_ONNX",
    ],
  };
  for (const [what, [bytes, code]] of Object.entries(twofold)) {
    test(`no two readers see other things in ${what}`, () => expect(codeOf(bytes)).toBe(code));
  }

  test("an input without a shape is refused by name", () => {
    const bytes = modelFile({ ...border, input: [value("free", "FP32", null)] });
    expect(() => checkOnnxFile(bytes)).toThrow(/"free"/);
    expect(codeOf(bytes)).toBe("MODEL_UNSUPPORTED");
  });
});
