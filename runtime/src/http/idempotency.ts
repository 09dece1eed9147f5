import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { claimOf, parseIdempotencyKey } from "../domain/idempotency-key.ts";
import type { Ports } from "../ports.ts";

declare module "fastify" {
  interface FastifyInstance {
    idempotency: Ports["idempotency"];
  }
}

const header = "idempotency-key";
/** Says that an answer is one that was given before. */
const repeatedHeader = "idempotency-replayed";

/** Makes keyed routes of this application answer retries as they answered first. */
export function keepAnswers(app: FastifyInstance, { idempotency }: Pick<Ports, "idempotency">): void {
  app.decorate("idempotency", idempotency);
}

interface KeyedCall {
  readonly route: string;
  readonly owner: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly act: () => unknown;
}

/**
 * Answers a request of a keyed route: a second time with what was answered first, when it carries the same
 * `Idempotency-Key`; as always when it carries none. Such a route's handler returns its answer.
 */
export async function answerOnce({ route, owner, request, reply, act }: KeyedCall): Promise<unknown> {
  const given = request.headers[header];
  if (given === undefined) return await act();
  const { params, query, body } = request;
  const content = { params, query, body: body ?? null };
  const claim = claimOf({ owner, route, key: parseIdempotencyKey(String(given)), content });
  const { answer, repeated } = await request.server.idempotency.once(claim, async () => {
    const made = await act();
    if (reply.sent) throw new Error(`The handler of ${route} sends its answer itself, so it cannot be kept.`);
    return { status: reply.statusCode, body: String(reply.serialize(made)) };
  });
  if (repeated) reply.header(repeatedHeader, "true");
  return reply.code(answer.status).type("application/json; charset=utf-8").send(answer.body);
}
