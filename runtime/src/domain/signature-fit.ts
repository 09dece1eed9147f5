import type { TensorSpec } from "@bedplate/contract";
import type { Signature } from "./tensor.ts";

/**
 * Why a version could not answer every request that the champion answers, in the form that its callers expect; null where
 * it can. Open dimensions take any size.
 */
export function whyNotAlike(champion: Signature, candidate: Signature): string | null {
  for (const { name } of candidate.inputs) {
    if (champion.inputs.every((one) => one.name !== name)) {
      return `it takes an input "${name}", which callers of the champion do not send`;
    }
  }
  for (const input of champion.inputs) {
    const own = candidate.inputs.find(({ name }) => name === input.name);
    if (own === undefined) return `it has no input "${input.name}"`;
    if (!takes(own, input)) return `its input "${input.name}" is ${word(own)}, the champion's ${word(input)}`;
  }
  for (const output of champion.outputs) {
    const own = candidate.outputs.find(({ name }) => name === output.name);
    if (own === undefined) return `it has no output "${output.name}"`;
    const isAlike = own.datatype === output.datatype && own.shape.length === output.shape.length;
    if (!isAlike) return `its output "${output.name}" is ${word(own)}, the champion's ${word(output)}`;
  }
  return null;
}

const takes = (own: TensorSpec, asked: TensorSpec) =>
  own.datatype === asked.datatype &&
  own.shape.length === asked.shape.length &&
  own.shape.every((dimension, at) => dimension === -1 || dimension === asked.shape[at]);

const word = ({ datatype, shape }: TensorSpec) => `${datatype} of shape [${shape.join(", ")}]`;
