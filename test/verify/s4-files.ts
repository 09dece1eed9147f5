import {
  chainModel,
  divideModel,
  elementTypes,
  hugeModel,
  identityModel,
  linearModel,
  loopModel,
  modelFile,
  value,
} from "../../runtime/testing/onnx-model.ts";
import { add, border, endless, identity, nestedGraphs, oddGraphs, sizes } from "./s4-graphs.ts";
import { fieldBytes } from "./s4-wire.ts";

/** A model file by hand, and how its promotion may be answered: 200 is "served". */
export interface HostileFile {
  readonly what: string;
  readonly bytes: Buffer;
  readonly answers: readonly string[];
}

const refused = ["MODEL_NOT_ONNX", "MODEL_UNSUPPORTED", "MODEL_TOO_LARGE"];
/** It is no danger where the library takes it, as long as nothing breaks. */
const either = ["served", ...refused];

/** Weights that lie in the file at a path. */
const external = (location: string) => ({
  name: "w",
  dims: [1],
  data_type: elementTypes.FP32,
  data_location: 1,
  external_data: [{ key: "location", value: location }],
});

/** Every place of a file in which weights can be, with weights that lie elsewhere. */
function externalFiles(location: string): readonly [string, Buffer][] {
  const w = external(location);
  const sparse = { values: w, indices: sizes("i", 0n), dims: [1] };
  const constant = (attribute: object) => ({
    ...border,
    node: [{ op_type: "Constant", output: ["w"], attribute: [{ name: "value", ...attribute }] }, add("w")],
  });
  const branch = {
    name: "b",
    node: [{ op_type: "Identity", input: ["w"], output: ["z"] }],
    initializer: [w],
  };
  const choice = {
    op_type: "If",
    input: ["x"],
    output: ["y"],
    attribute: [{ name: "then_branch", g: branch, type: 5 }],
  };
  const nested = { name: "n", node: [choice], output: [value("z", "FP32", [1])] };
  return [
    ["an initializer", modelFile({ ...border, node: [add("w")], initializer: [w] })],
    ["a constant", modelFile(constant({ t: w, type: 4 }))],
    ["a list of constants", modelFile(constant({ tensors: [w], type: 9 }))],
    ["a sparse constant", modelFile(constant({ sparse_tensor: sparse, type: 11 }))],
    ["a sparse initializer", modelFile({ ...border, node: [add("w")], sparse_initializer: [sparse] })],
    ["a subgraph", modelFile({ ...border, node: [choice] })],
    [
      "a subgraph of a subgraph",
      modelFile({
        ...border,
        node: [{ ...choice, attribute: [{ name: "then_branch", g: nested, type: 5 }] }],
      }),
    ],
    [
      "a function",
      modelFile({ ...border, node: [identity] }, { functions: [{ name: "f", node: [choice] }] }),
    ],
    [
      "training information",
      modelFile(
        { ...border, node: [identity] },
        { training_info: [{ initialization: { name: "i", initializer: [w] } }] },
      ),
    ],
    [
      "a second graph",
      Buffer.concat([
        modelFile({ ...border, node: [add("w")] }),
        modelFile({ initializer: [w] }, { ir_version: 8, opset_import: [] }),
      ]),
    ],
  ];
}

/** Files of which the numbers do not fit together. */
function lies(): readonly [string, Buffer][] {
  const weights = (dims: readonly (number | bigint)[], raw: Buffer) =>
    modelFile({
      ...border,
      node: [add("w")],
      initializer: [{ name: "w", dims: dims.map(String), data_type: elementTypes.FP32, raw_data: raw }],
    });
  const four = Buffer.alloc(4);
  return [
    ["weights of a petabyte, without bytes", weights([2n ** 48n], Buffer.alloc(0))],
    ["weights of a petabyte, with four bytes", weights([2n ** 48n], four)],
    ["weights whose size overflows", weights([2n ** 32n, 2n ** 32n], four)],
    ["weights whose size overflows to four bytes", weights([2n ** 62n + 1n, 4], four)],
    ["weights of negative size", weights([-1], four)],
    ["more bytes than weights", weights([1], Buffer.alloc(4_000))],
    ["fewer bytes than weights", weights([1_000], four)],
  ];
}

/** Files that are no model, or not wholly. */
function broken(): readonly [string, Buffer][] {
  const whole = linearModel([1, 2, 3]);
  const emptyNodes = Buffer.alloc(2 * 5_000_000);
  for (let at = 0; at < emptyNodes.length; at += 2) emptyNodes[at] = (1 << 3) | 2;
  return [
    ["nothing", Buffer.alloc(0)],
    ["zeros", Buffer.alloc(10_000)],
    ["a pickle", Buffer.from("\u0080\u0004\u0095\u0000.", "latin1")],
    ["five million empty nodes", Buffer.concat([linearModel([1]), fieldBytes(7, emptyNodes)])],
    ["a thousand graphs in one another", deepGraphs()],
    [
      "ONNX Runtime's own format, also",
      Buffer.concat([Buffer.from("\u0012\u0008..ORTM..", "latin1"), whole]),
    ],
    ...[1, 10, whole.length / 2, whole.length - 1].map((length): [string, Buffer] => [
      `the first ${Math.floor(length)} bytes`,
      whole.subarray(0, length),
    ]),
    ["a large file's first half", chainModel(256, 4).subarray(0, 140_000)],
  ];
}

/** Subgraphs of subgraphs, deeper than any stack. */
function deepGraphs(): Buffer {
  let graph: Buffer = Buffer.alloc(0);
  // Attribute.g is field 6, Node.attribute 5, Graph.node 1; Model.graph is 7.
  for (let depth = 0; depth < 1_000; depth++) graph = fieldBytes(1, fieldBytes(5, fieldBytes(6, graph)));
  return Buffer.concat([linearModel([1]), fieldBytes(7, graph)]);
}

const withAnswers = (
  files: readonly [string, Buffer][],
  answers: readonly string[],
): readonly HostileFile[] => files.map(([what, bytes]) => ({ what, bytes, answers }));

/** All of them; `locations` are where weights could be read that nobody may read. */
export function hostileFiles(locations: readonly string[]): readonly HostileFile[] {
  return [
    ...locations.flatMap((location) =>
      externalFiles(location).map(([where, bytes]) => ({
        what: `weights in ${location} named by ${where}`,
        bytes,
        answers: ["MODEL_EXTERNAL_DATA"],
      })),
    ),
    ...withAnswers(broken(), refused),
    ...withAnswers(lies(), refused),
    ...withAnswers(oddGraphs(), either),
    ...withAnswers(endless(), either),
  ];
}

/** What mutations begin with: small models of many kinds. */
export const mutationSeeds: readonly Buffer[] = [
  linearModel([1, 2, 3], 4),
  identityModel("BYTES", 2),
  chainModel(4, 3),
  loopModel(3n),
  hugeModel(4n),
  divideModel(),
  nestedGraphs(3),
  ...externalFiles("bait").map(([, bytes]) => bytes),
];
