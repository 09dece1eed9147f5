import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { idempotencyKeyLength } from "../domain/idempotency-key.ts";
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
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      const keyed = route.route.config?.contract?.keyed === true;
      return { schema: keyed ? { ...schema, headers: keyedHeaders } : schema, url };
    },
  });
  serve(app, "openapi", {}, () => app.swagger());
}

const keyedHeaders = {
  type: "object",
  properties: {
    "Idempotency-Key": {
      type: "string",
      minLength: 1,
      maxLength: idempotencyKeyLength,
      description:
        "Names this request: sent again with the same key, it makes no second thing and is answered the same.",
    },
  },
};
