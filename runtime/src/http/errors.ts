import { type Dialect, type ErrorCode, errorCodes, type ProblemDetails, routes } from "@bedplate/contract";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { retryAfterSeconds } from "../domain/expected-wait.ts";
import { Problem } from "../domain/problem.ts";

/** Fastify's own refusals, by our code. */
const fastifyCodes: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "UNSUPPORTED_MEDIA_TYPE",
  FST_ERR_CTP_INVALID_JSON_BODY: "MALFORMED_BODY",
  FST_ERR_CTP_EMPTY_JSON_BODY: "MALFORMED_BODY",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "MALFORMED_BODY",
};

/** Of a list of 200,000 wrong elements nobody reads the last. */
const shownIssues = 20;

/** Turns whatever was thrown into a problem that may be shown; what we did not expect tells nothing about itself. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = error.validation.slice(0, shownIssues).map((issue) => {
      const at = issue.instancePath.slice(1).replaceAll("/", ".");
      return `${error.validationContext ?? "request"}${at === "" ? "" : `.${at}`}: ${issue.message}`;
    });
    return new Problem("INVALID_REQUEST", problems.join("; "), problems);
  }
  const { code = "", message = "", statusCode } = (error ?? {}) as Partial<FastifyError>;
  const known = fastifyCodes[code];
  if (known !== undefined) return new Problem(known, message);
  if (statusCode === 429) return new Problem("TOO_MANY_REQUESTS", "Too many requests; wait and try again.");
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new Problem("MALFORMED_BODY", "The request could not be read.");
  }
  return new Problem(
    "INTERNAL",
    "The service could not do this. Its log has the details under the request's id.",
  );
}

/** The body of an error in the words of the caller's protocol. */
export function wordError(dialect: Dialect, problem: Problem, requestId: string): Record<string, unknown> {
  const { status, title, mlflow } = errorCodes[problem.code];
  if (dialect === "mlflow") return { error_code: mlflow, message: problem.message };
  if (dialect === "v2") return { error: problem.message, code: problem.code };
  return {
    type: `urn:bedplate:error:${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.message,
    requestId,
    ...(problem.problems.length > 1 ? { problems: problem.problems } : {}),
  } satisfies ProblemDetails;
}

/** The protocol of an address that has no route, by its beginning. */
function dialectOf(request: FastifyRequest): Dialect {
  const contract = request.routeOptions.config.contract;
  if (contract !== undefined) return contract.dialect;
  if (/^\/(ajax-)?api\/\d/.test(request.url)) return "mlflow";
  return /^\/v[12](\/|$)/.test(request.url) ? "v2" : "bedplate";
}

/** The header that says when to try again, with its value; empty where trying again does not help. */
export function retryHeaders({ status, code, retryAfterMs }: Problem): readonly string[] {
  const helps = status === 429 || status === 503 || code === "IDEMPOTENCY_KEY_IN_USE";
  return helps ? ["retry-after", String(retryAfterSeconds(retryAfterMs))] : [];
}

function send(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const dialect = dialectOf(request);
  const [name, value] = retryHeaders(problem);
  if (name !== undefined) reply.header(name, value);
  const type = dialect === "bedplate" || dialect === "page" ? "application/problem+json" : "application/json";
  return reply
    .code(problem.status)
    .type(type)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(wordError(dialect, problem, request.id));
}

/** Words what Fastify refuses before there is a route: an address that cannot be decoded. */
export function wordBadAddress(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  send(request, reply, new Problem("INVALID_REQUEST", "The address is not valid: its escapes are no UTF-8."));
}

const patterns = Object.values(routes).flatMap((route) =>
  [route.path, ...("also" in route ? route.also : [])].map((path) => ({
    method: route.method,
    pattern: new URLPattern({ pathname: path }),
  })),
);

/** One place that words every failure. */
export function wordErrors(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) request.log.error({ error, "http.request.id": request.id }, "request failed");
    return send(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) => {
    const [pathname = "/"] = request.url.split("?");
    const allowed = patterns.filter(({ pattern }) => pattern.test({ pathname })).map(({ method }) => method);
    // A handler whose file is absent ends here too: the method is right and the thing is not there.
    if (allowed.length === 0 || allowed.some((method) => method === request.method))
      return send(request, reply, new Problem("ROUTE_NOT_FOUND", `There is no ${pathname}.`));
    reply.header("allow", [...new Set(allowed)].join(", "));
    return send(
      request,
      reply,
      new Problem("METHOD_NOT_ALLOWED", `Use ${[...new Set(allowed)].join(" or ")} here.`),
    );
  });
}
