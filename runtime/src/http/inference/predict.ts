import type { FastifyRequest } from "fastify";
import { Problem } from "../../domain/problem.ts";
import type { InferenceRequest, Signature } from "../../domain/tensor.ts";
import type { Ticket } from "../../inference/admission.ts";
import type { InferenceAnswer } from "../../inference/model-host.ts";
import type { Ports } from "../../ports.ts";

interface Target {
  readonly model: string;
  readonly version?: string | undefined;
}

const tickets = new WeakMap<FastifyRequest, Ticket>();
const timeoutHeader = "x-bedplate-timeout-ms";

/** Gives a request its place before its body is read; it has it until the prediction is answered. */
export function admit(ports: Ports, request: FastifyRequest, target: Target, bytes: number): Ticket {
  try {
    const ticket = ports.models.admit(target, bytes);
    tickets.set(request, ticket);
    return ticket;
  } catch (error) {
    throw counted(ports, target.model, error);
  }
}

/** Gives a request's place back, where it has one. */
export function leave(request: FastifyRequest): void {
  tickets.get(request)?.release();
}

/** Runs one prediction and counts it when it is refused. */
export async function predict(
  ports: Ports,
  request: FastifyRequest,
  target: Target,
  read: (signature: Signature) => InferenceRequest,
): Promise<InferenceAnswer> {
  const ticket = tickets.get(request);
  try {
    return await ports.models.infer(target, read, {
      ...(ticket === undefined ? {} : { ticket }),
      ...timeoutOf(request),
      isGone: () => request.raw.socket.destroyed,
      requestId: request.id,
      header: (name) => request.headers[name]?.toString(),
    });
  } catch (error) {
    throw counted(ports, target.model, error);
  } finally {
    leave(request);
  }
}

function timeoutOf({ headers }: FastifyRequest): { timeoutMs?: number } {
  const given = headers[timeoutHeader];
  if (given === undefined) return {};
  if (!/^\d{1,9}$/.test(String(given))) {
    throw new Problem("INVALID_REQUEST", `${timeoutHeader} must be a whole number of milliseconds.`);
  }
  return { timeoutMs: Number(given) };
}

/** Names that no model has are counted together, so that a caller cannot make new time series. */
function counted(ports: Ports, model: string, error: unknown): unknown {
  if (error instanceof Problem) {
    const known = ports.models.status(model).state !== "none";
    ports.metrics.inferenceRefusedTotal.inc({ model: known ? model : "", code: error.code });
  }
  return error;
}
