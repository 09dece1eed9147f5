import { Problem } from "../../domain/problem.ts";
import type { InferenceRequest, Signature } from "../../domain/tensor.ts";
import type { InferenceAnswer } from "../../inference/model-host.ts";
import type { Ports } from "../../ports.ts";

interface Target {
  readonly model: string;
  readonly version?: string | undefined;
}

/** Runs one prediction and counts it when it is refused. */
export async function predict(
  ports: Ports,
  target: Target,
  read: (signature: Signature) => InferenceRequest,
): Promise<InferenceAnswer> {
  try {
    return await ports.models.infer(target, read);
  } catch (error) {
    if (error instanceof Problem) countRefusal(ports, target.model, error);
    throw error;
  }
}

/** Names that no model has are counted together, so that a caller cannot make new time series. */
function countRefusal(ports: Ports, model: string, problem: Problem): void {
  const known = ports.models.status(model).state !== "none";
  ports.metrics.inferenceRefusedTotal.inc({ model: known ? model : "", code: problem.code });
}
