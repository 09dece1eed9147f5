import type { FastifyInstance } from "fastify";
import { checkDepth } from "../domain/exact-json.ts";

/** Fastify's own parser of JSON, `__proto__` refused, after a look at how deep a text is nested. */
export function parseShallowJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, text, done) => {
    try {
      checkDepth(text);
    } catch (error) {
      return done(error as Error);
    }
    parse(request, text, done);
  });
}
