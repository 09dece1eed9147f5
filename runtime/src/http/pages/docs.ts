import { type Route, routes } from "@bedplate/contract";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { protectPage } from "./content-policy.ts";

/** The API's documentation, with a form for each call. Everything that it loads needs the same scope as the page. */
export async function serveDocs(app: FastifyInstance): Promise<void> {
  const contract: Route = routes.docs;
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, contract };
  });
  app.addHook("onRequest", async (_request, reply) => {
    protectPage(reply);
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    theme: { title: "API · Bedplate" },
    uiConfig: {
      layout: "BaseLayout",
      docExpansion: "none",
      filter: true,
      tryItOutEnabled: false,
      validatorUrl: null,
    },
  });
}
