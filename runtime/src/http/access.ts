import type { IncomingHttpHeaders } from "node:http";
import { defaultTeam, type Route, type Settings } from "@bedplate/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { requireRight } from "../domain/access-rules.ts";
import { type Identity, parseAuthorization } from "../domain/identity.ts";
import { namedThings } from "../domain/named-things.ts";
import { Problem } from "../domain/problem.ts";
import type { Ports } from "../ports.ts";
import { isAllowedHost, isOwnOrigin } from "./origin.ts";

/** Name of the console's cookie. */
export const sessionCookie = "bedplate_session";

/** Names the team that somebody in several acts for. */
const teamHeader = "x-bedplate-team";
const howTo = "Send the platform's token: Authorization: Bearer <token>, or as Basic password.";

const anonymous: Identity = {
  name: "anonymous",
  via: "token",
  scopes: new Set(),
  role: null,
  team: defaultTeam,
};
const identities = new WeakMap<FastifyRequest, Identity>();

/** Who makes a request; nobody on public routes. */
export function identityOf(request: FastifyRequest): Identity {
  return identities.get(request) ?? anonymous;
}

/**
 * Lets a request pass only to an address of the contract, only with that address's scope, before the body is read, and
 * then only to what the caller's team may see or change. Requests under a foreign host name are refused (DNS rebinding), and so are unsafe requests with a session
 * cookie that do not come from our own pages (cross-site request forgery).
 */
export function guardAccess(
  app: FastifyInstance,
  ports: Pick<Ports, "identities" | "callers" | "guard" | "settings">,
): void {
  const allowedHosts = allowedHostsOf(ports.settings);

  app.addHook("onRequest", (request, reply, done): Promise<unknown> | undefined => {
    const contract = addressOf(request, allowedHosts);
    if (contract === null || contract.scope === "public") {
      done();
      return;
    }
    // Who predicts does it often; everything else is rare enough to be looked up each time.
    const { authorization } = request.headers;
    const isOften = contract.scope === "inference:call" && authorization !== undefined;
    const known = isOften ? ports.callers.find(showing(authorization, request.headers)) : null;
    if (known === null) return identify(request, reply, contract);
    permit(request, contract, known);
    done();
  });

  async function identify(request: FastifyRequest, reply: FastifyReply, contract: Route) {
    const identity = await authenticate(request, ports.identities).catch(onlyRefusal);
    if (identity === null || identity instanceof Problem) return challenge(request, reply, identity?.message);
    permit(request, contract, identity);
    const { authorization } = request.headers;
    if (authorization !== undefined && identity.via === "token")
      ports.callers.keep(showing(authorization, request.headers), identity);
  }

  // A prediction takes a place in its model's queue before its body is read, so who may not see the model is told before.
  app.addHook("preParsing", (request, _reply, _payload, done): Promise<void> | undefined => {
    const looking = isAboutServed(request) ? requireThings(request, ports.guard) : undefined;
    if (looking === undefined) done();
    return looking;
  });
  // Everywhere else after the schemas: what is looked up is what the handler will see.
  app.addHook("preHandler", (request, _reply, done): Promise<void> | undefined => {
    const looking = isAboutServed(request) ? undefined : requireThings(request, ports.guard);
    if (looking === undefined) done();
    return looking;
  });
}

/** Names under which requests may be sent to the service. */
export function allowedHostsOf({
  allowedHosts,
  listen,
}: Pick<Settings, "allowedHosts" | "listen">): string[] {
  return [...allowedHosts.split(",").filter((name) => name !== ""), listen.host];
}

const isAboutServed = (request: FastifyRequest) => request.routeOptions.config.contract?.dialect === "v2";

/** Whatever the request names must be the caller's to see, or to change; undefined where there is nothing to look up. */
function requireThings(request: FastifyRequest, guard: Ports["guard"]): Promise<void> | undefined {
  const { contract } = request.routeOptions.config;
  const identity = identityOf(request);
  if (contract === undefined || typeof contract.about !== "object" || identity.team === null)
    return undefined;
  const { params, query, body, headers } = request;
  return guard.require(identity, namedThings(contract, contract.about, { params, query, body, headers }));
}

/** The contract of a request's address; null where there is nothing at it. */
function addressOf(request: FastifyRequest, allowedHosts: readonly string[]): Route | null {
  if (!isAllowedHost(request.headers.host, allowedHosts)) {
    throw new Problem("FORBIDDEN", "This host name is not one of the service's; add it to allowedHosts.");
  }
  const { contract } = request.routeOptions.config;
  if (contract !== undefined) return contract;
  if (request.is404) return null;
  throw new Problem("FORBIDDEN", "This address is not in the service's contract, so nobody may use it.");
}

/** Lets a request pass as somebody's, where the address is theirs to use. */
function permit(request: FastifyRequest, contract: Route, identity: Identity): void {
  const safe = request.method === "GET" || request.method === "HEAD";
  if (identity.via === "session" && !safe && !isOwnOrigin(request.headers)) {
    throw new Problem("FORBIDDEN", "This request does not come from the console's own page.");
  }
  // An address that does not say whose things it is about is nobody's but the platform's.
  const isAboutPlatform = (contract.about ?? "platform") === "platform";
  requireRight(identity, { scope: contract.scope, isAboutPlatform });
  identities.set(request, identity);
}

/** The team that somebody in several names. */
function teamIn({ [teamHeader]: team }: IncomingHttpHeaders): string | undefined {
  return typeof team === "string" ? team : undefined;
}

/** What a request shows to say who calls, as one text. */
export function showing(authorization: string, headers: IncomingHttpHeaders): string {
  const team = teamIn(headers);
  return team === undefined ? authorization : `${authorization}\n${team}`;
}

async function authenticate(
  request: FastifyRequest,
  identities: Ports["identities"],
): Promise<Identity | null> {
  const credential = parseAuthorization(request.headers.authorization, teamIn(request.headers));
  if (credential !== null) return await identities.authenticate(credential);
  const cookie = request.cookies[sessionCookie];
  return cookie === undefined ? null : await identities.authenticate({ kind: "session", token: cookie });
}

/** A refusal is answered as one that has no reason: with the challenge. */
function onlyRefusal(error: unknown): Problem {
  if (error instanceof Problem && error.code === "UNAUTHENTICATED") return error;
  throw error;
}

/** A person is sent to the sign-in page, a program is told how to sign in, and why its token did not do. */
function challenge(request: FastifyRequest, reply: FastifyReply, reason = howTo): FastifyReply {
  if (request.routeOptions.config.contract?.dialect === "page") {
    const next = request.method === "GET" ? `?next=${encodeURIComponent(request.url)}` : "";
    return reply.redirect(`/login${next}`, 303);
  }
  // A browser that reads `Basic` in the answer to a page's own call asks for a password itself; the page knows better.
  const byScript = request.headers["x-requested-with"] !== undefined;
  reply.header("www-authenticate", byScript ? "Bearer" : 'Basic realm="mlflow", Bearer');
  throw new Problem("UNAUTHENTICATED", reason);
}
