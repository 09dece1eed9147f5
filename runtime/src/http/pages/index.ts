import type { FastifyInstance } from "fastify";
import type { Ports } from "../../ports.ts";
import { serveConsole } from "./console.ts";
import { serveDocs } from "./docs.ts";
import { serveLogin } from "./login.ts";

/** What people see: the sign-in page, the console, the API's documentation. */
export async function servePages(app: FastifyInstance, ports: Ports): Promise<void> {
  await serveLogin(app, ports);
  await serveConsole(app, ports);
  await app.register(async (scope) => serveDocs(scope));
}
