import { createServer } from "node:http";
import type { FastifyBaseLogger, FastifyServerFactory } from "fastify";
import type { Ports } from "../ports.ts";
import { FastPath } from "./inference/fast-path.ts";
import { Lane } from "./wire/lane.ts";

/** As Fastify has it: longer than load balancers keep connections that nothing passes through. */
const keepAliveTimeoutMs = 72_000;

/** Makes the server, in which the commonest predictions do not come as far as the framework. */
export function serverFactory(ports: Ports, log: FastifyBaseLogger | undefined): FastifyServerFactory {
  return (handler) => {
    const fast = new FastPath(ports, log ?? null, keepAliveTimeoutMs);
    const server = createServer((message, response) => {
      lane?.answers(message.socket, response);
      // The framework says on connections that it closes that it does.
      if (!server.listening || !fast.take(message, response)) handler(message, response);
    });
    const { artifactTimeoutMs, directPredictions } = ports.settings.http;
    const lane = directPredictions
      ? new Lane(server, (request, answer) => fast.takeWhole(request, answer))
      : null;
    server.keepAliveTimeout = keepAliveTimeoutMs;
    server.requestTimeout = artifactTimeoutMs;
    return server;
  };
}
