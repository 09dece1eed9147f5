import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Identity } from "../../domain/identity.ts";
import { Problem } from "../../domain/problem.ts";
import type { Ports } from "../../ports.ts";
import { sessionCookie } from "../access.ts";
import { isOwnOrigin } from "../origin.ts";
import { serve } from "../serve.ts";
import { protectPage } from "./content-policy.ts";
import { escapeHtml, renderPage } from "./markup.ts";
import { nextPath } from "./next-path.ts";

const minute = 60_000;
const nextField = z.string().max(2048).optional();
/** As long as the longest token of an issuer that can be configured. */
const loginForm = z.object({
  token: z.string().max(15_000).default(""),
  team: z.string().trim().max(100).default(""),
  next: nextField,
});

/** The sign-in page, signing in with a token for a session cookie, and signing out. */
export async function serveLogin(app: FastifyInstance, ports: Ports): Promise<void> {
  const sendForm = formFor(ports);
  serve(app, "loginPage", { querystring: z.object({ next: nextField }) }, ({ query }, reply) =>
    sendForm(reply, 200, nextPath(query.next)),
  );
  serve(app, "logout", {}, async ({ request }, reply) => {
    const cookie = request.cookies[sessionCookie];
    if (cookie !== undefined) await ports.identities.endSession(cookie);
    return reply.clearCookie(sessionCookie, { path: "/" }).redirect("/login", 303);
  });
  await app.register(async (scope) => serveSignIn(scope, ports));
}

function serveSignIn(app: FastifyInstance, ports: Ports): void {
  const { attemptsPerMinute, lifetimeMs } = ports.settings.session;
  const sendForm = formFor(ports);
  app.addHook("onRequest", app.rateLimit({ max: attemptsPerMinute, timeWindow: minute }));
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    if (error.statusCode === 429) {
      return sendForm(reply, 429, nextPath(undefined), "Too many attempts. Wait a minute, then try again.");
    }
    throw error;
  });
  serve(app, "login", { body: loginForm }, async ({ body, request }, reply) => {
    const next = nextPath(body.next);
    if (request.headers.origin !== undefined && !isOwnOrigin(request.headers)) {
      return sendForm(reply, 403, next, "This form was sent from another site. Sign in here instead.");
    }
    const identity = await identify(ports, body).catch(asRefusal);
    if (identity instanceof Problem) return sendForm(reply, identity.status, next, identity.message);
    const session = await ports.identities.startSession(identity);
    reply.setCookie(sessionCookie, session, {
      path: "/",
      httpOnly: true,
      sameSite: "strict",
      secure: isSecure(request),
      maxAge: Math.floor(lifetimeMs / 1000),
    });
    return reply.redirect(next, 303);
  });
}

/** Who holds the token. Throws a `Problem` with why it opens no session. */
async function identify(ports: Ports, typed: z.output<typeof loginForm>): Promise<Identity> {
  const token = typed.token.trim();
  if (token === "") throw new Problem("UNAUTHENTICATED", "Enter the platform's token.");
  const team = typed.team === "" ? {} : { team: typed.team };
  const identity = await ports.identities.authenticate({ kind: "token", token, ...team });
  if (identity === null) throw new Problem("UNAUTHENTICATED", "This is not the platform's token.");
  // A session has every scope of a person, so a token made for less must not open one.
  if (!identity.scopes.has("console:read")) {
    throw new Problem("UNAUTHENTICATED", "This token is a program's; it cannot sign in to the console.");
  }
  return identity;
}

function asRefusal(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}

/** A proxy that ends TLS says so; somebody who claims it falsely only gets a cookie that plain HTTP does not send. */
function isSecure(request: FastifyRequest): boolean {
  return request.protocol === "https" || request.headers["x-forwarded-proto"] === "https";
}

/** Only somebody whom an issuer's token puts into several teams has to name one. */
const teamField = `<label for="team">Team, where you are in several</label>
<input id="team" name="team" autocomplete="organization" spellcheck="false">`;

function formFor({ settings }: Ports) {
  const asked = settings.identity.oidc === undefined ? "" : teamField;
  return (reply: FastifyReply, status: number, next: string, problem?: string): FastifyReply => {
    const nonce = protectPage(reply);
    const bad =
      problem === undefined ? "" : `<p class="bad" id="bad" role="alert">${escapeHtml(problem)}</p>`;
    const described = problem === undefined ? "" : ' aria-invalid="true" aria-describedby="bad"';
    const body = `<h1>Sign in</h1>${bad}
<form method="post" action="/login">
<input type="hidden" name="next" value="${escapeHtml(next)}">
<label for="token">Token</label>
<input id="token" name="token" type="password" required autofocus autocomplete="current-password" spellcheck="false"${described}>
${asked}<button type="submit">Sign in</button>
</form>
<p class="hint"><code>npx bedplate status</code> says which file holds the token.</p>`;
    return reply
      .code(status)
      .type("text/html; charset=utf-8")
      .send(renderPage("Sign in", nonce, body));
  };
}
