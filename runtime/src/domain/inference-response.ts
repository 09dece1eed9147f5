import type { Tensor } from "./tensor.ts";
import { writeBytes } from "./tensor-bytes.ts";
import { writeValues } from "./tensor-values.ts";

interface WordedAnswer {
  readonly model: string;
  readonly version: number;
  readonly id?: string | undefined;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Outputs that travel in binary; none when left out. */
  readonly binary?: ReadonlySet<string>;
}

/** An answer on its way out: text, and the bytes that follow it where there are any. */
export interface WrittenAnswer {
  readonly text: string;
  readonly parts: readonly Uint8Array[];
}

/**
 * The text of an inference answer and its binary tensors. Sources: Open Inference Protocol, "Inference Response JSON
 * Object"; Triton Inference Server, "Binary Tensor Data Extension".
 * Whole numbers are written with all their digits; NaN and infinities, which JSON lacks, as the strings that requests
 * may use for them too.
 */
export function writeInferenceResponse(answer: WordedAnswer): WrittenAnswer {
  const outputs: string[] = [];
  const parts: Uint8Array[] = [];
  for (const [name, tensor] of answer.outputs) {
    const head = `"name":${JSON.stringify(name)},"datatype":"${tensor.datatype}","shape":[${tensor.shape.join(",")}]`;
    if (answer.binary?.has(name) === true) {
      const bytes = writeBytes(tensor);
      parts.push(bytes);
      outputs.push(`{${head},"parameters":{"binary_data_size":${bytes.byteLength}}}`);
    } else outputs.push(`{${head},"data":${writeValues(tensor)}}`);
  }
  const id = answer.id === undefined ? "" : `"id":${JSON.stringify(answer.id)},`;
  const text = `{"model_name":${JSON.stringify(answer.model)},"model_version":"${answer.version}",${id}"outputs":[${outputs.join(",")}]}`;
  return { text, parts };
}
