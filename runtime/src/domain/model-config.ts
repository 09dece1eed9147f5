import type { TensorSpec } from "@bedplate/contract";
import type { Signature } from "./tensor.ts";

/**
 * A model's configuration in Triton's words. Source: Triton Inference Server, "Model Configuration Extension".
 * `max_batch_size` is 0 because shapes here name every dimension, the batch's included.
 */
export function configOf(name: string, { inputs, outputs }: Signature) {
  const word = ({ name, datatype, shape }: TensorSpec) => ({
    name,
    data_type: datatype === "BYTES" ? "TYPE_STRING" : `TYPE_${datatype}`,
    dims: [...shape],
  });
  return {
    name,
    platform: "onnxruntime_onnx",
    backend: "onnxruntime",
    max_batch_size: 0,
    input: inputs.map(word),
    output: outputs.map(word),
    instance_group: [{ name, kind: "KIND_CPU", count: 1 }],
  };
}
