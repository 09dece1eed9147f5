import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import helmet, { type HelmetOptions } from "helmet";

const options: HelmetOptions = {
  // Answers that are no pages may load nothing at all, were a browser to open one; pages set a policy of their own.
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
    },
  },
  hsts: false,
  // Under `no-referrer`, browsers send `Origin: null` with our own forms.
  referrerPolicy: { policy: "same-origin" },
};

/**
 * Gives every answer helmet's headers. They are the same for all, so helmet words them once: asked for each request it
 * costs as much as routing one.
 */
export function secureAnswers(app: FastifyInstance): void {
  const headers = wordHeaders();
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}

function wordHeaders(): Record<string, string> {
  const blank = new IncomingMessage(new Socket());
  const response = new ServerResponse(blank);
  helmet(options)(blank, response, () => {});
  return Object.fromEntries(
    Object.entries(response.getHeaders()).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
