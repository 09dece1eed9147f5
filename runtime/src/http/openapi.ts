import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

/** The API as one OpenAPI document, made from the schemas that check the requests. */
export async function documentApi(app: FastifyInstance, ports: Ports): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Bedplate",
        version: ports.settings.release,
        description: "Registry, training dispatch and inference of this platform.",
      },
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer" },
          basic: { type: "http", scheme: "basic" },
        },
      },
      security: [{ token: [] }, { basic: [] }],
    },
    transform: jsonSchemaTransform,
  });
  serve(app, "openapi", {}, () => app.swagger());
}
