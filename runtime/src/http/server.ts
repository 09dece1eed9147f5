import { createServer } from "node:http";
import type { FastifyBaseLogger, FastifyServerFactory } from "fastify";
import type { Ports } from "../ports.ts";
import { FastPath } from "./inference/fast-path.ts";

/** As Fastify has it: longer than load balancers keep connections that nothing passes through. */
const keepAliveTimeoutMs = 72_000;

/** Makes the server, in which the commonest predictions do not come as far as the framework. */
export function serverFactory(ports: Ports, log: FastifyBaseLogger | undefined): FastifyServerFactory {
  return (handler) => {
    const fast = new FastPath(ports, log ?? null);
    const server = createServer((message, response) => {
      // The framework says on connections that it closes that it does.
      if (!server.listening || !fast.take(message, response)) handler(message, response);
    });
    server.keepAliveTimeout = keepAliveTimeoutMs;
    server.requestTimeout = ports.settings.http.artifactTimeoutMs;
    return server;
  };
}
