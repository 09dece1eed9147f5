import protobuf from "protobufjs";

/** Element types of ONNX's `TensorProto.DataType`. */
export const elementTypes = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BYTES: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
} as const;
export type ElementType = keyof typeof elementTypes;

/** Enough of the ONNX specification (onnx.proto3) to write small models. */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Entry { string key = 1; string value = 2; }
  message Tensor { repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4; string name = 8;
    bytes raw_data = 9; repeated Entry external_data = 13; int32 data_location = 14; }
  message SparseTensor { Tensor values = 1; Tensor indices = 2; repeated int64 dims = 3; }
  message Attribute { string name = 1; float f = 2; int64 i = 3; Tensor t = 5; Graph g = 6; repeated Tensor tensors = 10;
    repeated Graph graphs = 11; int32 type = 20; SparseTensor sparse_tensor = 22; repeated SparseTensor sparse_tensors = 23; }
  message Node { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
    repeated Attribute attribute = 5; string domain = 7; }
  message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
  message Shape { repeated Dimension dim = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message SequenceType { Type elem_type = 1; }
  message Type { TensorType tensor_type = 1; SequenceType sequence_type = 4; }
  message ValueInfo { string name = 1; Type type = 2; }
  message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated ValueInfo input = 11;
    repeated ValueInfo output = 12; repeated SparseTensor sparse_initializer = 15; }
  message Opset { string domain = 1; int64 version = 2; }
  message Function { string name = 1; repeated Node node = 7; repeated Attribute attribute_proto = 11; }
  message Training { Graph initialization = 1; Graph algorithm = 2; }
  message Model { int64 ir_version = 1; string producer_name = 2; Graph graph = 7; repeated Opset opset_import = 8;
    repeated Training training_info = 20; repeated Function functions = 25; }
`,
  { keepCase: true },
);
const model = root.lookupType("Model");

type Dimension = number | string;

/** A tensor of a graph's border; a string is an open dimension, null leaves the shape out. */
export function value(name: string, type: ElementType, shape: readonly Dimension[] | null) {
  const dims = shape?.map((one) => (typeof one === "number" ? { dim_value: one } : { dim_param: one }));
  return {
    name,
    type: {
      tensor_type: { elem_type: elementTypes[type], ...(dims === undefined ? {} : { shape: { dim: dims } }) },
    },
  };
}

export function floats(name: string, dims: readonly number[], values: readonly number[]) {
  return { name, dims, data_type: elementTypes.FP32, float_data: values };
}

/** A whole model file around a graph; `rest` adds to or replaces the model's fields. */
export function modelFile(graph: object, rest: object = {}): Buffer {
  const fields = {
    ir_version: 8,
    opset_import: [{ domain: "", version: 17 }],
    graph: { name: "g", ...graph },
    ...rest,
  };
  return Buffer.from(model.encode(model.create(model.fromObject(fields))).finish());
}

/** y = x · weights + bias, for x of shape [n, weights.length]. */
export function linearModel(weights: readonly number[], bias = 0): Buffer {
  return modelFile({
    node: [{ op_type: "Gemm", input: ["x", "w", "b"], output: ["y"] }],
    initializer: [floats("w", [weights.length, 1], weights), floats("b", [1], [bias])],
    input: [value("x", "FP32", ["n", weights.length])],
    output: [value("y", "FP32", ["n", 1])],
  });
}

/** Gives back what it gets, of any shape of the given rank. */
export function identityModel(type: ElementType, rank = 1): Buffer {
  const shape = Array.from({ length: rank }, (_, at) => `d${at}`);
  return modelFile({
    node: [{ op_type: "Identity", input: ["x"], output: ["y"] }],
    input: [value("x", type, shape)],
    output: [value("y", type, shape)],
  });
}

/** A tensor that says its values lie in another file. */
export const externalTensor = {
  name: "w",
  dims: [1],
  data_type: elementTypes.FP32,
  data_location: 1,
  external_data: [{ key: "location", value: "../../secret" }],
};

/** Gives shares of the whole batch: a row's answer depends on its neighbours. */
export function sharesModel(): Buffer {
  return modelFile({
    node: [
      {
        op_type: "Softmax",
        input: ["x"],
        output: ["y"],
        attribute: [{ name: "axis", i: 0, type: 2 }],
      },
    ],
    input: [value("x", "FP32", ["n", 2])],
    output: [value("y", "FP32", ["n", 2])],
  });
}

/** a / b of whole numbers; the smallest one by -1 ends the process that runs it. */
export function divideModel(): Buffer {
  return modelFile({
    node: [{ op_type: "Div", input: ["a", "b"], output: ["y"] }],
    input: [value("a", "INT32", ["n"]), value("b", "INT32", ["n"])],
    output: [value("y", "INT32", ["n"])],
  });
}

/** Goes round a loop for as many turns as `turns` says; the largest number never ends. */
export function loopModel(turns: bigint): Buffer {
  const count = Buffer.alloc(8);
  count.writeBigInt64LE(turns);
  const body = {
    name: "body",
    node: [
      { op_type: "Identity", input: ["go"], output: ["go_on"] },
      { op_type: "Sin", input: ["v"], output: ["w"] },
    ],
    input: [value("turn", "INT64", []), value("go", "BOOL", []), value("v", "FP32", ["n"])],
    output: [value("go_on", "BOOL", []), value("w", "FP32", ["n"])],
  };
  return modelFile({
    node: [
      {
        op_type: "Loop",
        input: ["turns", "start", "x"],
        output: ["y"],
        attribute: [{ name: "body", g: body, type: 5 }],
      },
    ],
    initializer: [
      { name: "turns", dims: [], data_type: elementTypes.INT64, raw_data: count },
      { name: "start", dims: [], data_type: elementTypes.BOOL, raw_data: Buffer.from([1]) },
    ],
    input: [value("x", "FP32", ["n"])],
    output: [value("y", "FP32", ["n"])],
  });
}

/** Makes a tensor of so many numbers out of nothing. */
export function hugeModel(numbers: bigint): Buffer {
  const shape = Buffer.alloc(8);
  shape.writeBigInt64LE(numbers);
  return modelFile({
    node: [
      { op_type: "ConstantOfShape", input: ["shape"], output: ["c"] },
      { op_type: "ReduceSum", input: ["c"], output: ["s"], attribute: [{ name: "keepdims", i: 0, type: 2 }] },
      { op_type: "Add", input: ["x", "s"], output: ["y"] },
    ],
    initializer: [{ name: "shape", dims: [1], data_type: elementTypes.INT64, raw_data: shape }],
    input: [value("x", "FP32", ["n"])],
    output: [value("y", "FP32", ["n"])],
  });
}

/** A chain of square matrices with a sine between: as slow as one likes, and rows stay apart; as many as one likes. */
export function chainModel(width: number, links: number, rows: Dimension = "n"): Buffer {
  const raw = Buffer.alloc(width * width * 4);
  for (let at = 0; at < width * width; at++) raw.writeFloatLE(Math.sin(at) / Math.sqrt(width), at * 4);
  const names = Array.from({ length: links }, (_, at) => `h${at}`);
  return modelFile({
    node: names.flatMap((name, at) => [
      { op_type: "MatMul", input: [at === 0 ? "x" : `s${at - 1}`, "w"], output: [name] },
      { op_type: "Sin", input: [name], output: [at === links - 1 ? "y" : `s${at}`] },
    ]),
    initializer: [{ name: "w", dims: [width, width], data_type: elementTypes.FP32, raw_data: raw }],
    input: [value("x", "FP32", [rows, width])],
    output: [value("y", "FP32", [rows, width])],
  });
}
