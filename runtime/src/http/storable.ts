import type { FastifyInstance } from "fastify";
import { checkTexts } from "../domain/storable-text.ts";

/**
 * Refuses requests with text that the database cannot hold, in addresses and in the bodies of our own API. MLflow's
 * bodies are looked at while they are parsed, and tensors are no text.
 */
export function refuseUnstorable(app: FastifyInstance): void {
  app.addHook("preValidation", ({ params, query, body, routeOptions }, _reply, done) => {
    checkTexts(params);
    checkTexts(query);
    const { dialect, body: kind } = routeOptions.config.contract ?? {};
    if (dialect === "bedplate" && kind === "json") checkTexts(body);
    done();
  });
}
