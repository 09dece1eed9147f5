import type { TensorSpec } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import {
  type Artifacts,
  createModelSource,
  type SourceSettings,
  type VersionAddress,
} from "./model-source.ts";
import { fieldNumbers, messageIn, textIn } from "./onnx-schema.ts";
import { type OnnxValue, readValue } from "./onnx-values.ts";
import { readFields, WireError } from "./protobuf-fields.ts";

/** What a model takes and gives, as its file says. */
interface OnnxInterface {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
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
/** Fields of a graph's border that are looked at: a moment's work. */
const fieldLimit = 500_000;
const nameLimit = 65_536;

/**
 * Reads what versions take and give from their ONNX files, each file once. Null where there is no such file, where it
 * is larger than 64 MiB, where it cannot be read, or where that would take longer than a moment.
 */
export function createInterfaceReader(artifacts: Artifacts, settings: SourceSettings) {
  const modelLimitBytes = Math.min(settings.modelLimitBytes, sizeLimitBytes);
  const source = createModelSource(artifacts, { ...settings, modelLimitBytes });
  const known = new Map<string, OnnxInterface>();

  return async (address: VersionAddress): Promise<OnnxInterface | null> => {
    try {
      const file = await source.find(address);
      const found = known.get(file.digest) ?? describe(await source.read(file));
      if (found !== null) known.set(file.digest, found);
      const [oldest] = known.keys();
      if (known.size > cacheLimit && oldest !== undefined) known.delete(oldest);
      return found;
    } catch (error) {
      if (error instanceof Problem) return null;
      throw error;
    }
  };
}

/** Reads only the border of the graph: what is inside of it costs nothing. Null where that cannot be read. */
function describe(bytes: Uint8Array): OnnxInterface | null {
  const { Model, Graph, Tensor } = fieldNumbers;
  const [inputs, outputs]: [OnnxValue[], OnnxValue[]] = [[], []];
  const weights = new Set<string>();
  let hasGraph = false;
  let left = fieldLimit;
  const read: typeof readFields = (_, range, visit) =>
    readFields(bytes, range, (field) => {
      if (left-- === 0) throw new WireError("it has too many fields");
      visit(field);
    });
  try {
    read(bytes, { start: 0, end: bytes.length }, (model) => {
      if (model.number !== Model.graph) return;
      hasGraph = true;
      read(bytes, messageIn(model), (field) => {
        if (field.number === Graph.input) inputs.push(readValue(bytes, field, read));
        if (field.number === Graph.output) outputs.push(readValue(bytes, field, read));
        if (field.number !== Graph.initializer) return;
        read(bytes, messageIn(field), (inner) => {
          if (inner.number === Tensor.name) weights.add(textIn(bytes, inner, nameLimit));
        });
      });
    });
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
  if (!hasGraph) return null;
  const given = inputs.filter(({ name }) => !weights.has(name));
  return { inputs: given.flatMap(specOf), outputs: outputs.flatMap(specOf) };
}

/** Sequences and maps have no words in the protocol and are left out. */
function specOf({ name, elementType, shape }: OnnxValue): readonly TensorSpec[] {
  const datatype = datatypes[elementType ?? 0];
  return datatype === undefined ? [] : [{ name, datatype, shape: [...(shape ?? [])] }];
}
