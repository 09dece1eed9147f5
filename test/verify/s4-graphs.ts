import {
  divideModel,
  elementTypes,
  floats,
  hugeModel,
  identityModel,
  loopModel,
  modelFile,
  value,
} from "../../runtime/testing/onnx-model.ts";

export const border = { input: [value("x", "FP32", ["n"])], output: [value("y", "FP32", ["n"])] };
export const add = (weights: string) => ({ op_type: "Add", input: ["x", weights], output: ["y"] });
export const identity = { op_type: "Identity", input: ["x"], output: ["y"] };

/** Eight bytes little-endian each. */
function int64(...numbers: bigint[]): Buffer {
  const bytes = Buffer.alloc(8 * numbers.length);
  for (const [at, number] of numbers.entries()) bytes.writeBigInt64LE(number, 8 * at);
  return bytes;
}
export const sizes = (name: string, ...numbers: bigint[]) => ({
  name,
  dims: [numbers.length],
  data_type: elementTypes.INT64,
  raw_data: int64(...numbers),
});
const scalar = (name: string, number: bigint) => ({ ...sizes(name, number), dims: [] });

/** Graphs that do not end, or that want memory without bound, as they are loaded or as they run. */
export function endless(): readonly [string, Buffer][] {
  const from = (node: object[], ...initializer: object[]) =>
    modelFile({
      ...border,
      node: [
        ...node,
        { op_type: "Cast", input: ["big"], output: ["float"], attribute: [{ name: "to", i: 1, type: 2 }] },
        {
          op_type: "ReduceMax",
          input: ["float"],
          output: ["m"],
          attribute: [{ name: "keepdims", i: 0, type: 2 }],
        },
        add("m"),
      ],
      initializer,
    });
  const big = (op_type: string, ...input: string[]) => ({ op_type, input, output: ["big"] });
  const doubled = (times: number) =>
    Array.from({ length: times }, (_, at) => ({
      op_type: "Concat",
      input: at === 0 ? ["x", "x"] : [`d${at - 1}`, `d${at - 1}`],
      output: [at === times - 1 ? "big" : `d${at}`],
      attribute: [{ name: "axis", i: 0, type: 2 }],
    }));
  return [
    ["a loop without end", loopModel(2n ** 62n)],
    [
      "a range of a trillion numbers",
      from([big("Range", "a", "b", "c")], scalar("a", 0n), scalar("b", 10n ** 12n), scalar("c", 1n)),
    ],
    [
      "a range whose step is nothing",
      from([big("Range", "a", "b", "c")], scalar("a", 0n), scalar("b", 10n), scalar("c", 0n)),
    ],
    ["a tile of a trillion", from([big("Tile", "x", "r")], sizes("r", 10n ** 12n))],
    ["an expansion to 2^40", from([big("Expand", "x", "s")], sizes("s", 2n ** 40n, 1n))],
    [
      "an expansion whose size overflows",
      from([big("Expand", "x", "s")], sizes("s", 2n ** 40n, 2n ** 40n, 1n)),
    ],
    ["forty doublings", from(doubled(40))],
    [
      "positions of a billion ones",
      from(
        [
          { op_type: "ConstantOfShape", input: ["s"], output: ["zeros"] },
          { op_type: "Cos", input: ["zeros"], output: ["ones"] },
          big("NonZero", "ones"),
        ],
        sizes("s", 2n ** 30n),
      ),
    ],
    ["16 billion numbers of nothing", hugeModel(2n ** 34n)],
    ["2^60 numbers of nothing", hugeModel(2n ** 60n)],
    ["a negative number of numbers", hugeModel(-5n)],
  ];
}

/** Graphs that the specification forbids, or that nobody would write. */
export function oddGraphs(): readonly [string, Buffer][] {
  const named = (name: string) =>
    modelFile({
      input: [value(name, "FP32", ["n"])],
      output: [value("y", "FP32", ["n"])],
      node: [{ ...identity, input: [name] }],
    });
  const chain = (length: number) =>
    modelFile({
      ...border,
      node: Array.from({ length }, (_, at) => ({
        op_type: "Sin",
        input: [at === 0 ? "x" : `s${at - 1}`],
        output: [at === length - 1 ? "y" : `s${at}`],
      })),
    });
  return [
    [
      "a cycle",
      modelFile({
        ...border,
        node: [
          { op_type: "Add", input: ["x", "b"], output: ["a"] },
          { op_type: "Neg", input: ["a"], output: ["b"] },
          { ...identity, input: ["a"] },
        ],
      }),
    ],
    [
      "a node that feeds itself",
      modelFile({ ...border, node: [{ op_type: "Add", input: ["x", "y"], output: ["y"] }] }),
    ],
    [
      "an operator of nobody",
      modelFile({ ...border, node: [{ ...identity, op_type: "Evil", domain: "evil.example" }] }),
    ],
    [
      "an operator that names a program",
      modelFile({
        ...border,
        node: [
          {
            ...identity,
            op_type: "EPContext",
            domain: "com.microsoft",
            attribute: [{ name: "ep_cache_context", type: 3 }],
          },
        ],
      }),
    ],
    [
      "an operator that is not there",
      modelFile({ ...border, node: [{ ...identity, op_type: "Frobnicate" }] }),
    ],
    ["two nodes of one output", modelFile({ ...border, node: [identity, { ...identity, op_type: "Neg" }] })],
    [
      "two inputs of one name",
      modelFile({ input: [...border.input, ...border.input], output: border.output, node: [identity] }),
    ],
    [
      "two weights of one name",
      modelFile({
        ...border,
        node: [add("w")],
        initializer: [floats("w", [1], [1]), floats("w", [2], [1, 2])],
      }),
    ],
    ["no operators", modelFile({ ...border })],
    ["no outputs", modelFile({ input: border.input, node: [identity] })],
    [
      "no inputs",
      modelFile({
        output: border.output,
        node: [{ ...identity, input: ["w"] }],
        initializer: [floats("w", [1], [1])],
      }),
    ],
    ["an output that nothing makes", modelFile({ ...border, node: [{ ...identity, output: ["z"] }] })],
    [
      "an output of another shape than it says",
      modelFile({ input: border.input, output: [value("y", "FP32", [7, 7])], node: [identity] }),
    ],
    [
      "an output of another type than it says",
      modelFile({ input: border.input, output: [value("y", "INT64", ["n"])], node: [identity] }),
    ],
    ["a name with U+0000", named("x\u0000y")],
    ["the name __proto__", named("__proto__")],
    ["the name constructor", named("constructor")],
    ["the empty name", named("")],
    ["a name of a megabyte", named("x".repeat(1_000_000))],
    [
      "an input of 2^40 numbers",
      modelFile({
        input: [value("x", "FP32", [2 ** 40])],
        output: [value("y", "FP32", [2 ** 40])],
        node: [identity],
      }),
    ],
    ["200 dimensions", identityModel("FP32", 200)],
    [
      "an element type that is none",
      modelFile({
        ...border,
        input: [{ name: "x", type: { tensor_type: { elem_type: 99, shape: { dim: [] } } } }],
        node: [identity],
      }),
    ],
    [
      "a sequence as output",
      modelFile({
        input: border.input,
        output: [{ name: "y", type: { sequence_type: { elem_type: value("", "FP32", []).type } } }],
        node: [{ ...identity, op_type: "SequenceConstruct" }],
      }),
    ],
    [
      "opset 9999",
      modelFile({ ...border, node: [identity] }, { opset_import: [{ domain: "", version: 9999 }] }),
    ],
    ["opset -1", modelFile({ ...border, node: [identity] }, { opset_import: [{ domain: "", version: -1 }] })],
    [
      "the opset of nobody alone",
      modelFile({ ...border, node: [identity] }, { opset_import: [{ domain: "evil.example", version: 1 }] }),
    ],
    ["ir_version 999", modelFile({ ...border, node: [identity] }, { ir_version: 999 })],
    ["20,000 nodes in a chain", chain(20_000)],
    ["subgraphs thirty deep", nestedGraphs(30)],
    ["values that end the process", divideModel()],
  ];
}

/** A condition in a condition in a condition, so many deep. */
export function nestedGraphs(depth: number): Buffer {
  const nodesAt = (level: number): object[] => {
    if (level === 0) return [{ op_type: "Neg", input: ["x"], output: ["r0"] }];
    const branch = {
      name: `g${level}`,
      output: [value(`r${level - 1}`, "FP32", ["n"])],
      node: nodesAt(level - 1),
    };
    const attribute = ["then_branch", "else_branch"]
      .slice(0, level === 1 ? 2 : 1)
      .map((name) => ({ name, g: branch, type: 5 }));
    return [{ op_type: "If", input: ["c"], output: [`r${level}`], attribute }];
  };
  return modelFile({
    input: border.input,
    output: [value(`r${depth}`, "FP32", ["n"])],
    node: nodesAt(depth),
    initializer: [{ name: "c", dims: [], data_type: elementTypes.BOOL, raw_data: Buffer.from([1]) }],
  });
}
