import { randomUUID } from "node:crypto";
import type { ErrorCode } from "@bedplate/contract";
import { Problem } from "./domain/problem.ts";
import type { InferenceRequest, Signature } from "./domain/tensor.ts";
import { tritonReason } from "./domain/triton-reason.ts";
import { NoRoom, type Ticket } from "./inference/admission.ts";
import type { Caller, InferenceAnswer } from "./inference/model-host.ts";
import type { Ports } from "./ports.ts";

type PredictionPorts = Pick<Ports, "models" | "metrics" | "predictions" | "clock">;

/** A prediction, and the id under which it is kept where it is; a label for it names that id. */
export interface KeptAnswer extends InferenceAnswer {
  readonly keptAs: string | null;
}

/** Which model is asked, and which version where one is named. */
export interface Target {
  readonly model: string;
  readonly version?: string | undefined;
}

/** Gives a request its place before its body is read, and counts it when there is none. */
export function admit(ports: PredictionPorts, target: Target, bytes: number, timeoutMs?: number): Ticket {
  try {
    return ports.models.admit(target, bytes, timeoutMs);
  } catch (error) {
    throw counted(ports, target.model, error);
  }
}

/** Runs one prediction, whichever way it came, and counts it when it is refused. */
export async function predict(
  ports: PredictionPorts,
  target: Target,
  read: (signature: Signature) => InferenceRequest,
  by: Caller,
): Promise<KeptAnswer> {
  try {
    const answer = await ports.models.infer(target, read, by);
    const { version, outputs, request } = answer;
    return { version, outputs, request, keptAs: keep(ports, target.model, answer) };
  } catch (error) {
    throw counted(ports, target.model, error);
  }
}

/** A request that has an id of its own is kept under it. */
function keep(
  { predictions, clock }: PredictionPorts,
  model: string,
  answer: InferenceAnswer,
): string | null {
  if (!predictions.wants(model)) return null;
  const { version, outputs, request } = answer;
  const own = request.id ?? "";
  // The database, where its label will look for it, holds neither NUL nor halves of surrogate pairs.
  const id = own === "" ? randomUUID() : own.toWellFormed().replaceAll("\0", "\ufffd");
  predictions.add({ id, model, version, time: clock(), inputs: request.inputs, outputs });
  return id;
}

/** Why a request was dropped after it had been let in. */
const dropReasons: ReadonlyMap<ErrorCode, string> = new Map([
  ["DEADLINE_EXCEEDED", "deadline"],
  ["CANCELLED", "cancelled"],
  ["UNAVAILABLE", "broken"],
]);

/** Names that no model has are counted together, so that a caller cannot make new time series. */
function counted(ports: PredictionPorts, model: string, error: unknown): unknown {
  if (error instanceof Problem) {
    const status = ports.models.status(model);
    const name = status.state === "none" ? "" : model;
    const version = status.state === "ready" ? String(status.version) : "";
    ports.metrics.inferenceRefusedTotal.inc({ model: name, code: error.code });
    const dropped = error instanceof NoRoom ? error.reason : dropReasons.get(error.code);
    if (dropped !== undefined) ports.metrics.inferenceDroppedTotal.inc({ model: name, reason: dropped });
    ports.metrics.tritonFailures.inc({ model: name, version, reason: tritonReason(error.code) });
  }
  return error;
}
