import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { Metrics } from "../ops/metrics.ts";
import { identityOf } from "./access.ts";

const millisecondsPerSecond = 1_000;
const nanosecondsPerMillisecond = 1_000_000;

/** An answer that was sent. */
interface Answered {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  /** The contract's path for the address; null where there is nothing at it. */
  readonly route: string | null;
  readonly status: number;
  /** Who asked. */
  readonly name: string;
  readonly ms: number;
}

/** Measures every answer and logs it on one line, without headers or bodies. */
export function recordAccess(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onResponse", (request, reply, done) => {
    const { contract } = request.routeOptions.config;
    const { id, method, url } = request;
    const { statusCode: status, elapsedTime: ms } = reply;
    const { name } = identityOf(request);
    const isQuiet = contract?.scope === "public" && status < 400;
    const answered = { id, method, url, route: contract?.path ?? null, status, name, ms };
    recordAnswer(answered, metrics, isQuiet ? null : request.log);
    done();
  });
}

export function recordAnswer(
  { id, method, url, route, status, name, ms }: Answered,
  metrics: Metrics,
  log: Pick<FastifyBaseLogger, "info"> | null,
): void {
  const labels = { route: route ?? "none", method, status: String(status) };
  metrics.httpRequestSeconds.observe(labels, ms / millisecondsPerSecond);
  log?.info(
    {
      "http.request.id": id,
      "http.request.method": method,
      "http.response.status_code": status,
      "url.path": url.split("?")[0],
      "user.name": name,
      "event.duration": Math.round(ms * nanosecondsPerMillisecond),
    },
    "request",
  );
}
