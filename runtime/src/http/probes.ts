import type { FastifyInstance } from "fastify";
import { Problem } from "../domain/problem.ts";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

/** Liveness and readiness. MLflow clients expect the plain text `OK`. */
export function serveProbes(app: FastifyInstance, ports: Ports): void {
  serve(app, "live", {}, (_call, reply) => reply.type("text/plain").send("OK"));
  serve(app, "ready", {}, async (_call, reply) => {
    const obstacles = await ports.obstacles();
    if (obstacles.length > 0) throw new Problem("UNAVAILABLE", obstacles.join(" "), obstacles);
    return reply.type("text/plain").send("OK");
  });
  serve(app, "metrics", {}, async (_call, reply) => {
    await ports.measure();
    return reply.type(ports.metrics.registry.contentType).send(await ports.metrics.registry.metrics());
  });
}
