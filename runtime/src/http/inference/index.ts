import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Ports } from "../../ports.ts";
import { readBody } from "./body.ts";
import { serveInfer } from "./infer.ts";
import { serveMetadata } from "./metadata.ts";
import { serveRepository } from "./repository.ts";
import { serveRows } from "./rows.ts";

/** Everything about predictions over HTTP. */
export function serveInference(app: FastifyInstance, ports: Ports): void {
  serveMetadata(app, ports);
  serveRepository(app, ports);
  app.register(async (scope) => servePredictions(scope, ports));
}

/** A scope of its own, where bodies stay bytes until it is known what they are for. */
function servePredictions(scope: FastifyInstance, ports: Ports): void {
  const { bodyLimitBytes, requestTimeoutMs } = ports.settings.http;
  const limits = { bytes: bodyLimitBytes, timeoutMs: requestTimeoutMs };
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (request: FastifyRequest, payload: IncomingMessage) =>
    readBody(request, payload, limits),
  );
  scope.addHook("onError", (request, reply, _error, done) => {
    // What is left of a body that was not read to its end must not be waited for.
    if (!request.raw.complete) reply.header("connection", "close");
    done();
  });
  serveInfer(scope, ports);
  serveRows(scope, ports);
}
