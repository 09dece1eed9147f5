import protobuf from "protobufjs";
import type { Layer, Network } from "./network.ts";

/**
 * The part of the ONNX format that this model needs. Numbers and names of the fields are those of onnx.proto
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */
const schema = protobuf.Root.fromJSON({
  nested: {
    Model: message({
      ir_version: ["int64", 1],
      producer_name: ["string", 2],
      doc_string: ["string", 6],
      graph: ["Graph", 7],
      opset_import: ["[OperatorSet]", 8],
      metadata_props: ["[Entry]", 14],
    }),
    OperatorSet: message({ domain: ["string", 1], version: ["int64", 2] }),
    Entry: message({ key: ["string", 1], value: ["string", 2] }),
    Graph: message({
      node: ["[Node]", 1],
      name: ["string", 2],
      initializer: ["[Tensor]", 5],
      input: ["[ValueInfo]", 11],
      output: ["[ValueInfo]", 12],
    }),
    Node: message({
      input: ["[string]", 1],
      output: ["[string]", 2],
      name: ["string", 3],
      op_type: ["string", 4],
      attribute: ["[Attribute]", 5],
    }),
    Attribute: message({ name: ["string", 1], i: ["int64", 3], type: ["int32", 20] }),
    Tensor: message({
      dims: ["[int64]", 1],
      data_type: ["int32", 2],
      name: ["string", 8],
      raw_data: ["bytes", 9],
    }),
    ValueInfo: message({ name: ["string", 1], type: ["Type", 2] }),
    Type: message({ tensor_type: ["TensorType", 1] }),
    TensorType: message({ elem_type: ["int32", 1], shape: ["Shape", 2] }),
    Shape: message({ dim: ["[Dimension]", 1] }),
    Dimension: message({ dim_value: ["int64", 1], dim_param: ["string", 2] }),
  },
});

/** A message from its fields: type, in brackets when repeated, and number. */
function message(fields: Record<string, readonly [type: string, id: number]>): protobuf.IType {
  const field = ([type, id]: readonly [string, number]): protobuf.IField =>
    type.startsWith("[") ? { rule: "repeated", type: type.slice(1, -1), id } : { type, id };
  return {
    fields: Object.fromEntries(Object.entries(fields).map(([name, spec]) => [name, field(spec)])),
  };
}

/** Version 8 of the format and 17 of the operators: every runtime since 2022 reads them. */
const formatVersion = 8;
const operatorVersion = 17;
const float32 = 1;
const int64 = 7;
const integerAttribute = 2;

/** A constant of 32-bit floats, little-endian as the format wants them. */
function constant(name: string, dims: readonly number[], values: readonly number[]) {
  const bytes = new DataView(new ArrayBuffer(values.length * 4));
  for (const [at, value] of values.entries()) bytes.setFloat32(at * 4, value, true);
  return { name, dims, data_type: float32, raw_data: new Uint8Array(bytes.buffer) };
}

function layerConstants(name: string, { weights, bias }: Layer) {
  return [
    constant(`${name}_weights`, [weights.length, weights[0]?.length ?? 0], weights.flat()),
    constant(`${name}_bias`, [bias.length], bias),
  ];
}

function node(type: string, input: string[], output: string, integers: Record<string, number> = {}) {
  const attribute = Object.entries(integers).map(([name, i]) => ({ name, i, type: integerAttribute }));
  return { op_type: type, name: output, input, output: [output], attribute };
}

/** A tensor of the graph's surface; its first dimension, the number of rows, is free. */
function surface(name: string, type: number, columns?: number) {
  const dim = [{ dim_param: "rows" }, ...(columns === undefined ? [] : [{ dim_value: columns }])];
  return { name, type: { tensor_type: { elem_type: type, shape: { dim } } } };
}

/**
 * Writes a network as an ONNX model: `features` (32-bit floats, rows x inputs) to `label` (64-bit integers, one a row:
 * the index of the most probable class) and `probabilities` (32-bit floats, rows x classes). Scaling is inside, so
 * callers send what they measured. `about` goes into the model's metadata.
 */
export function toOnnx(network: Network, about: Record<string, string>): Uint8Array<ArrayBuffer> {
  const { mean, deviation, hidden, output } = network;
  const transposed = { transB: 1 };
  const graph = {
    name: "network",
    input: [surface("features", float32, mean.length)],
    output: [surface("label", int64), surface("probabilities", float32, output.bias.length)],
    initializer: [
      constant("mean", [mean.length], mean),
      constant("deviation", [deviation.length], deviation),
      ...layerConstants("hidden", hidden),
      ...layerConstants("output", output),
    ],
    node: [
      node("Sub", ["features", "mean"], "centred"),
      node("Div", ["centred", "deviation"], "scaled"),
      node("Gemm", ["scaled", "hidden_weights", "hidden_bias"], "hidden", transposed),
      node("Tanh", ["hidden"], "activations"),
      node("Gemm", ["activations", "output_weights", "output_bias"], "scores", transposed),
      node("Softmax", ["scores"], "probabilities", { axis: 1 }),
      node("ArgMax", ["probabilities"], "label", { axis: 1, keepdims: 0 }),
    ],
  };
  const model = schema.lookupType("Model");
  const written = model.encode({
    ir_version: formatVersion,
    producer_name: "bedplate-quickstart",
    graph,
    opset_import: [{ domain: "", version: operatorVersion }],
    metadata_props: Object.entries(about).map(([key, value]) => ({ key, value })),
  });
  return new Uint8Array(written.finish());
}
