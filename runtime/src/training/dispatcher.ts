import type { Readable } from "node:stream";
import type { TrainingJob, TrainingJobList, TrainingJobSpec } from "@bedplate/contract";

/** Runs training jobs as bounded child processes. */
export interface Dispatcher {
  readonly submit: (spec: TrainingJobSpec, actor: string) => Promise<TrainingJob>;
  readonly get: (id: string) => Promise<TrainingJob>;
  readonly list: (page: { readonly before?: string; readonly limit: number }) => Promise<TrainingJobList>;
  readonly cancel: (id: string, actor: string) => Promise<TrainingJob>;
  readonly log: (id: string) => Promise<Readable>;
  readonly countActive: () => Promise<number>;
  readonly close: () => Promise<void>;
}
