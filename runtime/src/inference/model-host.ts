import type { ServingStatus } from "@bedplate/contract";
import type { Tensor } from "onnxruntime-node";

/** Keeps the champions loaded and answers predictions. */
export interface ModelHost {
  readonly status: (model: string) => ServingStatus;
  readonly countReady: () => number;
  /** Loads what a version holds and throws a `Problem` when it cannot be served; nothing that is served changes. */
  readonly check: (version: { readonly model: string; readonly version: number }) => Promise<void>;
  /** Compares what is served with the registry now, instead of at the next interval. */
  readonly reconcile: () => Promise<void>;
  readonly infer: (model: string, inputs: Record<string, Tensor>) => Promise<Record<string, Tensor>>;
  readonly close: () => Promise<void>;
}
