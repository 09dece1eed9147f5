import type { FastifyInstance } from "fastify";
import type { Metrics } from "../ops/metrics.ts";
import { identityOf } from "./access.ts";

const nanosecondsPerMillisecond = 1_000_000;

/** Measures every answer and logs it on one line, without headers or bodies. */
export function recordAccess(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onResponse", (request, reply, done) => {
    const { contract } = request.routeOptions.config;
    const status = reply.statusCode;
    const labels = { route: contract?.path ?? "none", method: request.method, status: String(status) };
    metrics.httpRequestSeconds.observe(labels, reply.elapsedTime / 1000);
    done();
    if (contract?.scope === "public" && status < 400) return;
    request.log.info(
      {
        "http.request.id": request.id,
        "http.request.method": request.method,
        "http.response.status_code": status,
        "url.path": request.url.split("?")[0],
        "user.name": identityOf(request).name,
        "event.duration": Math.round(reply.elapsedTime * nanosecondsPerMillisecond),
      },
      "request",
    );
  });
}
