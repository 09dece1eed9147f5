import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { parseExactJson } from "../../domain/exact-json.ts";
import type { Ports } from "../../ports.ts";
import { bodyLimitsOf, mostBytes, mustClose, readAdmitted } from "./body.ts";
import { serveInfer } from "./infer.ts";
import { serveMetadata } from "./metadata.ts";
import { admit, leave } from "./predict.ts";
import { serveRepository } from "./repository.ts";
import { modelOfRows, serveRows } from "./rows.ts";

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
  const limits = bodyLimitsOf(ports.settings.http);
  scope.removeAllContentTypeParsers();
  // What the commonest types are read by is found without parsing their names each time.
  scope.addContentTypeParser(
    ["application/json", "application/octet-stream", "*"],
    (request: FastifyRequest, payload: IncomingMessage, done) => {
      const target = targetOf(request, ports);
      const ticket = admit(ports, request, target, mostBytes(request.headers, limits.bytes));
      readAdmitted(ticket, request.headers, payload, limits, done);
    },
  );
  scope.addHook("onError", (request, reply, error: Error, done) => {
    leave(request);
    if (mustClose(request.raw, error, limits)) reply.header("connection", "close");
    // The framework ends the connection of every body that was not read to its end.
    else reply.removeHeader("connection");
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
