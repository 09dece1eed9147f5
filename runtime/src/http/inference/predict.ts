import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../../domain/problem.ts";
import type { InferenceRequest, Signature } from "../../domain/tensor.ts";
import type { Ticket } from "../../inference/admission.ts";
import type { Caller, InferenceAnswer } from "../../inference/model-host.ts";
import type { Ports } from "../../ports.ts";
import { admit as enter, type KeptAnswer, predict as run, type Target } from "../../prediction.ts";

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
  const ticket = enter(ports, target, bytes, timeoutOf(request.headers).timeoutMs);
  tickets.set(request, ticket);
  return ticket;
}

/** Gives a request's place back, where it has one. */
export function leave(request: FastifyRequest): void {
  tickets.get(request)?.release();
}

/** Who asks, as far as a message over HTTP tells it. */
export function callerOf(
  message: Pick<IncomingMessage, "headers" | "socket">,
  requestId: string,
  ticket?: Ticket,
): Caller {
  return {
    ...(ticket === undefined ? {} : { ticket }),
    ...timeoutOf(message.headers),
    isGone: () => message.socket.destroyed,
    requestId,
    header: (name) => message.headers[name]?.toString(),
  };
}

/** The header that names the id under which an answer was kept, with its value; empty where it was not. */
export const keptHeaders = ({ keptAs }: KeptAnswer): readonly string[] =>
  keptAs === null ? [] : [keptHeader, encodeURIComponent(keptAs)];

/** Runs one prediction for a request over HTTP. */
export async function predict(
  ports: Ports,
  { request, reply }: Exchange,
  target: Target,
  read: (signature: Signature) => InferenceRequest,
): Promise<InferenceAnswer> {
  try {
    const answer = await run(ports, target, read, callerOf(request.raw, request.id, tickets.get(request)));
    const [name, value] = keptHeaders(answer);
    if (name !== undefined) reply.header(name, value);
    return answer;
  } finally {
    leave(request);
  }
}

export function timeoutOf(headers: IncomingHttpHeaders): { timeoutMs?: number } {
  const given = headers[timeoutHeader];
  if (given === undefined) return {};
  if (!/^\d{1,9}$/.test(String(given))) {
    throw new Problem("INVALID_REQUEST", `${timeoutHeader} must be a whole number of milliseconds.`);
  }
  return { timeoutMs: Number(given) };
}
