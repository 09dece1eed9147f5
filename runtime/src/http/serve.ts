import { type Route, type RouteName, routes } from "@bedplate/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Identity } from "../domain/identity.ts";
import { identityOf } from "./access.ts";
import { answerOnce } from "./idempotency.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The contract's entry for the address; requests to addresses without one are refused. */
    readonly contract?: Route;
  }
}

interface Schemas<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly params?: P;
  readonly querystring?: Q;
  readonly body?: B;
  /** Answers by status, for the API's documentation and to keep other fields out. */
  readonly response?: Record<number, z.ZodType>;
}

/** One call as a handler sees it: parsed, and by someone who may make it. */
interface Call<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly identity: Identity;
  readonly request: FastifyRequest;
}

interface Limits {
  readonly bodyLimitBytes: number;
}

/**
 * Registers a handler for every spelling of one of the contract's routes. Scope, error wording and limits come from
 * the contract; the handler's answer is sent as JSON unless it sends something else itself.
 */
export function serve<
  P extends z.ZodType = z.ZodUnknown,
  Q extends z.ZodType = z.ZodUnknown,
  B extends z.ZodType = z.ZodUnknown,
>(
  app: FastifyInstance,
  name: RouteName,
  schemas: Schemas<P, Q, B>,
  handler: (call: Call<P, Q, B>, reply: FastifyReply) => unknown,
  limits?: Limits,
): void {
  const contract: Route = routes[name];
  for (const [at, url] of [contract.path, ...(contract.also ?? [])].entries()) {
    app.route({
      method: contract.method,
      url,
      config: { contract },
      schema: { ...schemas, summary: contract.summary, hide: at > 0, tags: [contract.dialect] },
      ...(limits === undefined ? {} : { bodyLimit: limits.bodyLimitBytes }),
      handler: (request, reply) => {
        const identity = identityOf(request);
        const call = {
          params: request.params as z.output<P>,
          query: request.query as z.output<Q>,
          body: request.body as z.output<B>,
          identity,
          request,
        };
        const act = () => handler(call, reply);
        if (contract.keyed !== true) return act();
        return answerOnce({ route: name, owner: ownerOf(identity), request, reply, act });
      },
    });
  }
}

/** Two teams may each have somebody of one name, and what one did is nothing to the other. */
const ownerOf = ({ name, team }: Identity) => (team === null ? name : `${team}/${name}`);
