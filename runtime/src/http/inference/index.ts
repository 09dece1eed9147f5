import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { parseExactJson } from "../../domain/exact-json.ts";
import { Problem } from "../../domain/problem.ts";
import { notePassed } from "../../ops/buffer-garbage.ts";
import type { Ports } from "../../ports.ts";
import { mostBytes, readBody } from "./body.ts";
import { serveInfer } from "./infer.ts";
import { serveMetadata } from "./metadata.ts";
import { admit, leave } from "./predict.ts";
import { serveRepository } from "./repository.ts";
import { modelOfRows, serveRows } from "./rows.ts";

/** A body that is thrown away rather than the connection that it comes on. */
const smallBytes = 64 * 1024;

/** Everything about predictions over HTTP. */
export function serveInference(app: FastifyInstance, ports: Ports): void {
  serveMetadata(app, ports);
  app.register(async (scope) => {
    readAnyJson(scope);
    serveRepository(scope, ports);
  });
  app.register(async (scope) => servePredictions(scope, ports));
}

/** Triton's client sends JSON without saying so, and sometimes nothing at all. */
function readAnyJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", { parseAs: "string" }, async (_: FastifyRequest, body: string | Buffer) =>
    body.length === 0 ? undefined : parseExactJson(String(body)),
  );
}

/** A scope of its own, where bodies stay bytes until it is known what they are for. */
function servePredictions(scope: FastifyInstance, ports: Ports): void {
  const { bodyLimitBytes, requestTimeoutMs } = ports.settings.http;
  const limits = { bytes: bodyLimitBytes, timeoutMs: requestTimeoutMs };
  scope.removeAllContentTypeParsers();
  // What the commonest types are read by is found without parsing their names each time.
  scope.addContentTypeParser(
    ["application/json", "application/octet-stream", "*"],
    (request: FastifyRequest, payload: IncomingMessage, done) => {
      const target = targetOf(request, ports);
      const ticket = admit(ports, request, target, mostBytes(request, bodyLimitBytes));
      readBody(request, payload, limits, (error, body) => {
        if (error !== null || body === undefined) return done(error);
        // As much again was in the pieces in which it came, or of its answer will be in memory.
        notePassed(2 * body.length);
        try {
          ticket.holdBytes(body.length);
        } catch (refusal) {
          return done(refusal as Error);
        }
        done(null, body);
      });
    },
  );
  scope.addHook("onError", (request, reply, error: Error, done) => {
    leave(request);
    const isTurnedAway = error instanceof Problem && error.code === "TOO_MANY_REQUESTS";
    const isSmall = mostBytes(request, bodyLimitBytes) <= smallBytes;
    // What is left of a body must not be waited for; a small one that is under way is here sooner than a new connection.
    if (!request.raw.complete && !(isTurnedAway && isSmall)) reply.header("connection", "close");
    done();
  });
  serveInfer(scope, ports);
  serveRows(scope, ports);
}

function targetOf(request: FastifyRequest, ports: Ports): { model: string; version?: string } {
  const { model, version } = request.params as { model?: string; version?: string };
  return {
    model: model ?? modelOfRows(request, ports),
    ...(version === undefined ? {} : { version }),
  };
}
