import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

const collection = z.object({
  objects: z.int().describe("Objects that were removed"),
  bytes: z.int().describe("Bytes that they had"),
  uploads: z.int().describe("Uploads that broke off and were cleared away"),
});

/** Upkeep of the artifact store. */
export function serveArtifactUpkeep(app: FastifyInstance, ports: Ports): void {
  serve(app, "collectArtifacts", { response: { 200: collection } }, ({ identity }) =>
    ports.collector.collect(identity.name),
  );
}
