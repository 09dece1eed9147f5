import type { FastifyInstance, FastifyRequest } from "fastify";
import { Problem } from "../domain/problem.ts";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

/** Where the Open Inference Protocol has them, KServe's SDK reads the answers as JSON. */
const isProtocol = (request: FastifyRequest) => request.routeOptions.url?.startsWith("/v2/") === true;

/** Liveness and readiness. MLflow clients expect the plain text `OK`. */
export function serveProbes(app: FastifyInstance, ports: Ports): void {
  serve(app, "live", {}, ({ request }, reply) =>
    isProtocol(request) ? { live: true } : reply.type("text/plain").send("OK"),
  );
  serve(app, "ready", {}, async ({ request }, reply) => {
    const obstacles = await ports.obstacles();
    if (obstacles.length > 0) throw new Problem("UNAVAILABLE", obstacles.join(" "), obstacles);
    return isProtocol(request) ? { ready: true } : reply.type("text/plain").send("OK");
  });
  serve(app, "metrics", {}, async (_call, reply) => {
    await ports.measure();
    return reply.type(ports.metrics.registry.contentType).send(await ports.metrics.registry.metrics());
  });
}
