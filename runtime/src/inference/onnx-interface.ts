import type { TensorSpec } from "@bedplate/contract";
import protobuf from "protobufjs/light.js";
import { Problem } from "../domain/problem.ts";
import {
  type Artifacts,
  createModelSource,
  type SourceSettings,
  type VersionAddress,
} from "./model-source.ts";

/** What a model takes and gives, as its file says. */
interface OnnxInterface {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** The part of ONNX's messages that tells inputs and outputs. Field numbers are from the specification, onnx.proto3. */
const modelMessage = protobuf.Root.fromJSON({
  nested: {
    Dim: { fields: { value: { type: "int64", id: 1 }, param: { type: "string", id: 2 } } },
    Shape: { fields: { dim: { rule: "repeated", type: "Dim", id: 1 } } },
    Tensor: { fields: { elemType: { type: "int32", id: 1 }, shape: { type: "Shape", id: 2 } } },
    Type: { fields: { tensor: { type: "Tensor", id: 1 } } },
    Value: { fields: { name: { type: "string", id: 1 }, type: { type: "Type", id: 2 } } },
    Initializer: { fields: { name: { type: "string", id: 8 } } },
    Graph: {
      fields: {
        initializer: { rule: "repeated", type: "Initializer", id: 5 },
        input: { rule: "repeated", type: "Value", id: 11 },
        output: { rule: "repeated", type: "Value", id: 12 },
      },
    },
    Model: { fields: { graph: { type: "Graph", id: 7 } } },
  },
}).lookupType("Model");

interface Value {
  readonly name: string;
  readonly type?: {
    readonly tensor?: {
      readonly elemType: number;
      readonly shape?: { readonly dim?: readonly { readonly value?: number }[] };
    };
  };
}
interface Decoded {
  readonly graph?: {
    readonly initializer?: readonly { readonly name: string }[];
    readonly input?: readonly Value[];
    readonly output?: readonly Value[];
  };
}

/** `TensorProto.DataType` in the words of the Open Inference Protocol. */
const datatypes: Readonly<Record<number, TensorSpec["datatype"]>> = {
  1: "FP32",
  2: "UINT8",
  3: "INT8",
  4: "UINT16",
  5: "INT16",
  6: "INT32",
  7: "INT64",
  8: "BYTES",
  9: "BOOL",
  10: "FP16",
  11: "FP64",
  12: "UINT32",
  13: "UINT64",
};

/** A larger file is not read only to be described. */
const sizeLimitBytes = 64 * 1024 * 1024;
const cacheLimit = 200;

/**
 * Reads what versions take and give from their ONNX files, each file once. Null where there is no such file, where it
 * is larger than 64 MiB, or where it cannot be read.
 */
export function createInterfaceReader(artifacts: Artifacts, settings: SourceSettings) {
  const modelLimitBytes = Math.min(settings.modelLimitBytes, sizeLimitBytes);
  const source = createModelSource(artifacts, { ...settings, modelLimitBytes });
  const known = new Map<string, OnnxInterface>();

  return async (address: VersionAddress): Promise<OnnxInterface | null> => {
    try {
      const file = await source.find(address);
      const found = known.get(file.digest) ?? describe(await source.read(file));
      known.set(file.digest, found);
      const [oldest] = known.keys();
      if (known.size > cacheLimit && oldest !== undefined) known.delete(oldest);
      return found;
    } catch (error) {
      if (error instanceof Problem) return null;
      throw error;
    }
  };
}

function describe(bytes: Uint8Array): OnnxInterface {
  const { graph }: Decoded = modelMessage.toObject(modelMessage.decode(bytes), { longs: Number });
  const weights = new Set(graph?.initializer?.map((one) => one.name));
  const inputs = (graph?.input ?? []).filter((one) => !weights.has(one.name));
  return { inputs: inputs.flatMap(specOf), outputs: (graph?.output ?? []).flatMap(specOf) };
}

/** Sequences and maps have no words in the protocol and are left out. */
function specOf({ name, type }: Value): readonly TensorSpec[] {
  const datatype = datatypes[type?.tensor?.elemType ?? 0];
  if (datatype === undefined) return [];
  const shape = (type?.tensor?.shape?.dim ?? []).map(({ value }) =>
    value !== undefined && value > 0 ? value : -1,
  );
  return [{ name, datatype, shape }];
}
