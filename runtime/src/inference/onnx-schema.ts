import protobuf from "protobufjs/light.js";

const string = (id: number) => ({ type: "string", id });
const message = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: "repeated", type, id });

/**
 * The part of ONNX's messages that tells whether a file is a model, what it takes, and where its weights are.
 * Field numbers are from the ONNX specification, onnx.proto3. Weights themselves are left out, so that reading a file
 * copies none of them.
 */
const schema: protobuf.INamespace = {
  nested: {
    Entry: { fields: { key: string(1), value: string(2) } },
    Opset: { fields: { domain: string(1), version: { type: "int64", id: 2 } } },
    Tensor: {
      fields: {
        name: string(8),
        externalData: many("Entry", 13),
        dataLocation: { type: "int32", id: 14 },
      },
    },
    SparseTensor: { fields: { values: message("Tensor", 1), indices: message("Tensor", 2) } },
    Attribute: {
      fields: {
        name: string(1),
        t: message("Tensor", 5),
        g: message("Graph", 6),
        tensors: many("Tensor", 10),
        graphs: many("Graph", 11),
        sparseTensor: message("SparseTensor", 22),
        sparseTensors: many("SparseTensor", 23),
      },
    },
    Node: { fields: { opType: string(4), attribute: many("Attribute", 5), domain: string(7) } },
    Shape: { fields: {} },
    TensorType: { fields: { shape: message("Shape", 2) } },
    Type: { fields: { tensorType: message("TensorType", 1) } },
    ValueInfo: { fields: { name: string(1), type: message("Type", 2) } },
    Graph: {
      fields: {
        node: many("Node", 1),
        initializer: many("Tensor", 5),
        input: many("ValueInfo", 11),
        sparseInitializer: many("SparseTensor", 15),
      },
    },
    Function: { fields: { node: many("Node", 7), attributeProto: many("Attribute", 11) } },
    Training: { fields: { initialization: message("Graph", 1), algorithm: message("Graph", 2) } },
    Model: {
      fields: {
        irVersion: { type: "int64", id: 1 },
        graph: message("Graph", 7),
        opsetImport: many("Opset", 8),
        trainingInfo: many("Training", 20),
        functions: many("Function", 25),
      },
    },
  },
};

export const modelMessage = protobuf.Root.fromJSON(schema).lookupType("Model");

interface Tensor {
  readonly externalData: readonly unknown[];
  readonly dataLocation: number;
}
interface SparseTensor {
  readonly values?: Tensor | null;
  readonly indices?: Tensor | null;
}
export interface OnnxAttribute {
  readonly t?: Tensor | null;
  readonly g?: OnnxGraph | null;
  readonly tensors: readonly Tensor[];
  readonly graphs: readonly OnnxGraph[];
  readonly sparseTensor?: SparseTensor | null;
  readonly sparseTensors: readonly SparseTensor[];
}
export interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  readonly attribute: readonly OnnxAttribute[];
}
export interface OnnxGraph {
  readonly node: readonly OnnxNode[];
  readonly initializer: readonly Tensor[];
  readonly input: readonly {
    readonly name: string;
    readonly type?: { readonly tensorType?: { readonly shape?: object | null } | null } | null;
  }[];
  readonly sparseInitializer: readonly SparseTensor[];
}
export type OnnxTensor = Tensor;
export type OnnxSparseTensor = SparseTensor;

/** A decoded model; absent messages are null. */
export interface OnnxModel {
  readonly graph?: OnnxGraph | null;
  readonly opsetImport: readonly unknown[];
  readonly trainingInfo: readonly {
    readonly initialization?: OnnxGraph | null;
    readonly algorithm?: OnnxGraph | null;
  }[];
  readonly functions: readonly {
    readonly node: readonly OnnxNode[];
    readonly attributeProto: readonly OnnxAttribute[];
  }[];
}
