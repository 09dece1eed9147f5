import type { FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../../domain/problem.ts";
import type { InferenceRequest, Signature } from "../../domain/tensor.ts";
import type { Ticket } from "../../inference/admission.ts";
import type { InferenceAnswer } from "../../inference/model-host.ts";
import type { Ports } from "../../ports.ts";
import { admit as enter, predict as run, type Target } from "../../prediction.ts";

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

const tickets = new WeakMap<FastifyRequest, Ticket>();
/** Names the id under which a prediction was kept, percent-encoded. */
const keptHeader = "x-bedplate-prediction-id";
const timeoutHeader = "x-bedplate-timeout-ms";

/** Gives a request its place before its body is read; it has it until the prediction is answered. */
export function admit(ports: Ports, request: FastifyRequest, target: Target, bytes: number): Ticket {
  const ticket = enter(ports, target, bytes, timeoutOf(request).timeoutMs);
  tickets.set(request, ticket);
  return ticket;
}

/** Gives a request's place back, where it has one. */
export function leave(request: FastifyRequest): void {
  tickets.get(request)?.release();
}

/** Runs one prediction for a request over HTTP. */
export async function predict(
  ports: Ports,
  { request, reply }: Exchange,
  target: Target,
  read: (signature: Signature) => InferenceRequest,
): Promise<InferenceAnswer> {
  const ticket = tickets.get(request);
  try {
    const answer = await run(ports, target, read, {
      ...(ticket === undefined ? {} : { ticket }),
      ...timeoutOf(request),
      isGone: () => request.raw.socket.destroyed,
      requestId: request.id,
      header: (name) => request.headers[name]?.toString(),
    });
    if (answer.keptAs !== null) reply.header(keptHeader, encodeURIComponent(answer.keptAs));
    return answer;
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
