import type { TensorSpec } from "@bedplate/contract";
import type { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { Problem } from "../domain/problem.ts";
import type { Tensor } from "../domain/tensor.ts";
import type { OnnxModel } from "./executor.ts";
import { checkOnnxFile } from "./onnx-file.ts";
import { loadOnnxRuntime } from "./onnx-runtime.ts";

/** ONNX Runtime's names of element types, by those of the Open Inference Protocol. */
const datatypes: ReadonlyMap<string, TensorSpec["datatype"]> = new Map([
  ["bool", "BOOL"],
  ["uint8", "UINT8"],
  ["uint16", "UINT16"],
  ["uint32", "UINT32"],
  ["uint64", "UINT64"],
  ["int8", "INT8"],
  ["int16", "INT16"],
  ["int32", "INT32"],
  ["int64", "INT64"],
  ["float16", "FP16"],
  ["float32", "FP32"],
  ["float64", "FP64"],
  ["string", "BYTES"],
]);
const typeNames = new Map([...datatypes].map(([type, datatype]) => [datatype, type as OnnxTensor.Type]));

/**
 * Loads a model with ONNX Runtime on the thread that calls. The binding's `create` and `run` block it while they work.
 * One thread a run, and none that spins while idle. Nothing gets past here unchecked: throws what `checkOnnxFile` throws,
 * and MODEL_UNSUPPORTED for a model that cannot be loaded.
 */
export async function openSession(bytes: Uint8Array): Promise<OnnxModel> {
  checkOnnxFile(bytes);
  // Loaded with the first model: a service that serves none pays no memory for it.
  const onnx = await loadOnnxRuntime();
  const session = await createSession(onnx, bytes);
  try {
    return modelOf(onnx, session);
  } catch (error) {
    await session.release();
    throw error;
  }
}

type Onnx = typeof import("onnxruntime-node");

async function createSession(onnx: Onnx, bytes: Uint8Array): Promise<InferenceSession> {
  try {
    return await onnx.InferenceSession.create(bytes, {
      executionProviders: ["cpu"],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      // What goes wrong is thrown too, and the log is ours to write.
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw new Problem("MODEL_UNSUPPORTED", `ONNX Runtime cannot load the model: ${reasonOf(error)}`);
  }
}

function modelOf(onnx: Onnx, session: InferenceSession): OnnxModel {
  return {
    inputs: specsOf("input", session.inputMetadata),
    outputs: specsOf("output", session.outputMetadata),
    async run({ inputs, outputs }) {
      const feeds: Record<string, OnnxTensor> = {};
      for (const [name, tensor] of inputs) feeds[name] = toOnnx(onnx, tensor);
      let results: InferenceSession.ReturnType;
      try {
        results = await session.run(feeds, [...outputs]);
      } catch (error) {
        throw new Problem("INPUT_INVALID", `The model cannot work with these values: ${reasonOf(error)}`);
      }
      return new Map(outputs.map((name) => [name, fromOnnx(name, results[name])]));
    },
    release: () => session.release(),
  };
}

function toOnnx(onnx: Onnx, { datatype, data, shape }: Tensor): OnnxTensor {
  if (datatype === "FP16") {
    // The binding reads no `Float16Array`, which the constructor would make of these bits.
    const tensor = new onnx.Tensor("uint16", data, shape);
    return Object.assign(tensor, { type: "float16" });
  }
  return new onnx.Tensor(typeNames.get(datatype) as "float32", data as Float32Array, [...shape]);
}

function fromOnnx(name: string, result: InferenceSession.OnnxValueMapType[string] | undefined): Tensor {
  const datatype = datatypes.get(result?.type ?? "");
  if (result === undefined || datatype === undefined) {
    throw new Error(`ONNX Runtime gave no tensor for the output ${name}`);
  }
  return { datatype, shape: result.dims, data: bitsOf(result.data) } as unknown as Tensor;
}

function bitsOf(data: OnnxTensor["data"]): OnnxTensor["data"] {
  return data instanceof Float16Array ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
}

function specsOf(what: string, metadata: readonly InferenceSession.ValueMetadata[]): TensorSpec[] {
  return metadata.map((value) => {
    const title = `The ${what} "${value.name.slice(0, 100)}"`;
    if (value.name === "__proto__")
      throw new Problem("MODEL_UNSUPPORTED", `${title} must have another name.`);
    if (!value.isTensor) {
      throw new Problem(
        "MODEL_UNSUPPORTED",
        `${title} is a sequence or a map, not a tensor. With skl2onnx, convert with options={"zipmap": False}.`,
      );
    }
    const datatype = datatypes.get(value.type);
    if (datatype === undefined) {
      throw new Problem(
        "MODEL_UNSUPPORTED",
        `${title} has the element type ${value.type}, which has no datatype here.`,
      );
    }
    const shape = value.shape.map((dimension) => (typeof dimension === "number" ? dimension : -1));
    return { name: value.name, datatype, shape };
  });
}

/** The first line of what the library says, at a length that fits an error. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split("\n")[0] ?? "").slice(0, 500);
}
