import { Problem } from "./domain/problem.ts";
import type { InferenceRequest, Signature } from "./domain/tensor.ts";
import type { Ticket } from "./inference/admission.ts";
import type { Caller, InferenceAnswer } from "./inference/model-host.ts";
import type { Ports } from "./ports.ts";

type PredictionPorts = Pick<Ports, "models" | "metrics">;

/** Which model is asked, and which version where one is named. */
export interface Target {
  readonly model: string;
  readonly version?: string | undefined;
}

/** Gives a request its place before its body is read, and counts it when there is none. */
export function admit(ports: PredictionPorts, target: Target, bytes: number): Ticket {
  try {
    return ports.models.admit(target, bytes);
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
): Promise<InferenceAnswer> {
  try {
    return await ports.models.infer(target, read, by);
  } catch (error) {
    throw counted(ports, target.model, error);
  }
}

/** Names that no model has are counted together, so that a caller cannot make new time series. */
function counted(ports: PredictionPorts, model: string, error: unknown): unknown {
  if (error instanceof Problem) {
    const known = ports.models.status(model).state !== "none";
    ports.metrics.inferenceRefusedTotal.inc({ model: known ? model : "", code: error.code });
  }
  return error;
}
