import type { FastifyInstance, FastifyRequest } from "fastify";
import type { z } from "zod";
import { Problem } from "../../domain/problem.ts";
import { checkTexts } from "../../domain/storable-text.ts";
import { parseBody } from "./json.ts";

const seeDocs = "See the API docs for more information about request parameters.";

/** Makes a scope of the application read bodies and word complaints as MLflow's server does. */
export function speakMlflow(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, async (_request: unknown, body: string | Buffer) =>
    parseBody(body.toString()),
  );
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (data) => {
    const given: unknown = data ?? {};
    const result = schema.safeParse(given);
    if (result.success) return { value: result.data };
    return { error: wordIssues(result.error.issues, given) };
  });
  app.addHook("preValidation", async (request) => {
    if (request.method === "GET" && Object.keys(request.query ?? {}).length === 0) {
      request.query = await readQuestion(request);
      checkTexts(request.query);
    }
  });
}

/** Some clients (mlflow-export-import) send what they ask for as the body of a GET; MLflow's server reads that too. */
async function readQuestion(request: FastifyRequest): Promise<unknown> {
  const length = Number(request.headers["content-length"] ?? 0);
  if (!(length > 0)) return request.query;
  const limit = request.routeOptions.bodyLimit;
  if (length > limit) {
    throw new Problem(
      "BODY_TOO_LARGE",
      `The body has ${length} bytes; the limit is ${limit} (http.bodyLimitBytes).`,
    );
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request.raw) chunks.push(chunk as Buffer);
  return parseBody(Buffer.concat(chunks).toString());
}

/** What zod found, as MLflow says it; clients look for these sentences. */
function wordIssues(issues: readonly z.core.$ZodIssue[], given: unknown): Problem {
  const sentences = issues.slice(0, 20).map((issue) => wordIssue(issue, given));
  return new Problem("INVALID_REQUEST", `${sentences.join(" ")} ${seeDocs}`, sentences);
}

function wordIssue(issue: z.core.$ZodIssue, given: unknown): string {
  const name = issue.path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("");
  const value = valueAt(given, issue.path);
  if (name === "") return "The request must be a JSON object.";
  if (value === undefined || value === "") {
    return `Missing value for required parameter '${name.slice(1)}'.`;
  }
  const hint = issue.code === "invalid_union" ? "" : ` Hint: ${issue.message}.`;
  return `Invalid value ${abridge(value)} for parameter '${name.slice(1)}' supplied.${hint}`;
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  let value = given;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

function abridge(value: unknown): string {
  const text = typeof value === "object" ? (Array.isArray(value) ? "[…]" : "{…}") : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
