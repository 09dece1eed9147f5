import type { Rollout } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import { planOf, type RolloutPlan } from "../domain/rollout-plan.ts";
import type { InferenceCall, InferenceRequest, Tensor } from "../domain/tensor.ts";
import { assign, type RoutedRequest } from "../domain/traffic-assignment.ts";
import { pointOf } from "../domain/traffic-split.ts";
import type { Challengers } from "./challengers.ts";
import type { RolloutTally } from "./rollout-tally.ts";
import type { ServedVersion } from "./served-version.ts";
import type { ShadowQueue } from "./shadow-queue.ts";

interface LiveParts {
  readonly challengers: Challengers;
  readonly tally: RolloutTally;
  readonly shadows: ShadowQueue;
}

type Outputs = ReadonlyMap<string, Tensor>;

/** A rollout as a replica carries it out: who answers a request, and what is counted of it. It never asks the database. */
export class LiveRollout {
  readonly #rollout: Rollout;
  readonly #plan: RolloutPlan;
  readonly #parts: LiveParts;

  constructor(rollout: Rollout, parts: LiveParts) {
    this.#rollout = rollout;
    this.#plan = planOf(rollout);
    this.#parts = parts;
  }

  /** The version that answers: the champion also while the one that should is not in memory yet. */
  choose(champion: ServedVersion, request: RoutedRequest): ServedVersion {
    const version = assign(this.#plan, this.#rollout.id, request);
    if (version === null) return champion;
    return this.#parts.challengers.find(this.#rollout.model, version) ?? champion;
  }

  failed(version: number, error: unknown): void {
    // That a caller goes away is no fault of a version.
    if (error instanceof Problem && error.code === "CANCELLED") return;
    this.#parts.tally.failed(this.#key(version));
  }

  /** Counts an answer, and has it repeated to shadows where there are some. */
  answered(version: number, ms: number, request: InferenceRequest & RoutedRequest, outputs: Outputs): void {
    this.#parts.tally.answered(this.#key(version), ms);
    const { shadow: plan } = this.#plan;
    if (plan === null || pointOf(this.#rollout.id, request.requestId) >= plan.share) return;
    const call: InferenceCall = { inputs: request.inputs, outputs: request.outputs };
    const bytes = bytesOf(call.inputs) + bytesOf(outputs);
    for (const candidate of plan.versions) {
      const served = this.#parts.challengers.find(this.#rollout.model, candidate);
      if (served === null) continue;
      this.#parts.shadows.offer({ ...this.#key(candidate), served, call, outputs, bytes, plan });
    }
  }

  #key(version: number) {
    return { rolloutId: this.#rollout.id, position: this.#rollout.position, version };
  }
}

const characterBytes = 2;

function bytesOf(tensors: Outputs): number {
  let sum = 0;
  for (const { data } of tensors.values()) {
    sum += Array.isArray(data)
      ? data.reduce((bytes, text) => bytes + text.length * characterBytes, 0)
      : data.byteLength;
  }
  return sum;
}
