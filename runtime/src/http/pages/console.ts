import { readFile } from "node:fs/promises";
import { join } from "node:path";
import files from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { parseArtifactPath } from "../../domain/artifact-path.ts";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";
import { contentPolicy, protectPage } from "./content-policy.ts";
import { renderPage } from "./markup.ts";

/** What the console's build writes where a nonce belongs (`html.cspNonce` in its vite.config.ts). */
const noncePlaceholder = "BEDPLATE_CSP_NONCE";
const year = "365d";

/**
 * The console: its built files as they are, every other address below it is a page of the one application.
 * Names of built files hold a hash of their content, so browsers keep them; `index.html` is made for each answer.
 */
export async function serveConsole(app: FastifyInstance, ports: Ports): Promise<void> {
  const folder = ports.settings.consolePath;
  if (folder !== undefined) await app.register(files, { serve: false, root: folder, preCompressed: true });
  serve(app, "home", {}, (_call, reply) => reply.redirect("/console/", 303));
  serve(app, "console", { params: z.object({ "*": z.string().default("") }) }, async ({ params }, reply) => {
    const path = parseArtifactPath(params["*"]);
    if (folder === undefined) return sendAbsent(reply);
    if (path.startsWith("assets/")) {
      // A file that opens as a document of its own (an SVG) must be under the policy too; no nonce is known to it.
      reply.header("content-security-policy", contentPolicy("none"));
      return reply.sendFile(path, { maxAge: year, immutable: true });
    }
    const index = await readFile(join(folder, "index.html"), "utf8").catch(() => null);
    if (index === null) return sendAbsent(reply);
    const nonce = protectPage(reply);
    return reply.type("text/html; charset=utf-8").send(index.replaceAll(noncePlaceholder, nonce));
  });
}

function sendAbsent(reply: FastifyReply): FastifyReply {
  const nonce = protectPage(reply);
  const body = `<h1>The console is not built</h1>
<p>The platform runs; only its pages are missing. <code>npm start</code> builds them, and so does
<code>npm run build -w @bedplate/console</code>. Then load this page again.</p>
<p><a href="/docs/">The API's documentation</a></p>`;
  return reply
    .code(404)
    .type("text/html; charset=utf-8")
    .send(renderPage("The console is not built", nonce, body));
}
