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

/** What a browser would need to take an answer for a page; predictions are none, and are many. */
const forPages = [
  "cross-origin-opener-policy",
  "origin-agent-cluster",
  "referrer-policy",
  "x-dns-prefetch-control",
  "x-download-options",
  "x-permitted-cross-domain-policies",
  "x-xss-protection",
];

/**
 * Gives every answer helmet's headers; predictions only those that keep a browser from taking them for something else.
 * They are the same for all, so helmet words them once: asked for each request it costs as much as routing one.
 */
export function secureAnswers(app: FastifyInstance): void {
  const all = wordHeaders();
  const few = fewOf(all);
  app.addHook("onRequest", (request, reply, done) => {
    const isPrediction = request.routeOptions.config.contract?.scope === "inference:call";
    reply.headers(isPrediction ? few : all);
    done();
  });
}

/** Helmet's headers for predictions: name, value, name, value. */
export const predictionHeaders = (): readonly string[] => Object.entries(fewOf(wordHeaders())).flat();

const fewOf = (all: Record<string, string>) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !forPages.includes(name)));

function wordHeaders(): Record<string, string> {
  const blank = new IncomingMessage(new Socket());
  const response = new ServerResponse(blank);
  helmet(options)(blank, response, () => {});
  return Object.fromEntries(
    Object.entries(response.getHeaders()).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
