import type { TensorSpec } from "@bedplate/contract";
import { type Datatype, sizeOf, type Tensor } from "../../domain/tensor.ts";
import { readBytes, writeBytes } from "../../domain/tensor-bytes.ts";
import type { Measured } from "../measure-model.ts";
import type { Frame } from "./frames.ts";

/** What a process that runs models can be asked for. `id` comes back with the answer, `model` is chosen by the asker. */
export type Order = { readonly id: number; readonly model: number } & (
  | { readonly kind: "load" }
  | { readonly kind: "measure"; readonly rowLimit: number }
  | { readonly kind: "run"; readonly tensors: readonly NamedShape[]; readonly outputs: readonly string[] }
  | { readonly kind: "release" }
);

interface Replies {
  load: {
    readonly inputs: readonly TensorSpec[];
    readonly outputs: readonly TensorSpec[];
    /** Whether every operator is one of those whose cost follows from shapes. */
    readonly hasBoundedOperators: boolean;
  };
  measure: Measured & { readonly memoryBytes: number };
  run: { readonly tensors: readonly NamedShape[] };
  release: object;
}
export type OrderKind = keyof Replies;

/** What may be said of a model or of values; all else is a fault of the process. */
export const refusalCodes = [
  "MODEL_NOT_ONNX",
  "MODEL_EXTERNAL_DATA",
  "MODEL_UNSUPPORTED",
  "INPUT_INVALID",
] as const;
type RefusalCode = (typeof refusalCodes)[number];

/** What comes back: an answer of the order's kind, or a problem. */
export type Reply<K extends OrderKind = OrderKind> = Replies[K];
export interface Refusal {
  readonly code: RefusalCode | "INTERNAL";
  readonly detail: string;
}

interface NamedShape {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** Tensors as a message carries them: what they are in its header, their values in its parts. */
export function packTensors(tensors: ReadonlyMap<string, Tensor>): {
  readonly tensors: readonly NamedShape[];
  readonly parts: readonly Uint8Array[];
} {
  const named = [...tensors];
  return {
    tensors: named.map(([name, { datatype, shape }]) => ({ name, datatype, shape })),
    parts: named.map(([, tensor]) => writeBytes(tensor)),
  };
}

/** The inverse of `packTensors`. */
export function unpackTensors(
  tensors: readonly NamedShape[],
  parts: Frame["parts"],
): ReadonlyMap<string, Tensor> {
  return new Map(
    tensors.map(({ name, datatype, shape }, at) => {
      const tensor = readBytes(datatype, shape, sizeOf(shape) ?? 0, parts[at] ?? new Uint8Array());
      if (typeof tensor === "string") throw new Error(`the tensor ${name} did not arrive: ${tensor}`);
      return [name, tensor];
    }),
  );
}
