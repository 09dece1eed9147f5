import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type Reference, type Route, roles, routes, scopesOf } from "@bedplate/contract";
import { administratorIdentity } from "../../runtime/src/domain/identity.ts";
import { openModelHost } from "../../runtime/src/inference/model-host.ts";
import type { Ports } from "../../runtime/src/ports.ts";
import type { Database } from "../../runtime/src/store/database.ts";
import { createTrainingStore } from "../../runtime/src/store/training-store.ts";
import { openDispatcher } from "../../runtime/src/training/dispatcher.ts";
import { openService, type ServiceUnderTest } from "../../runtime/testing/service.ts";
import { openHarnessDatabase } from "./database.ts";
import { type Harness, shownProblems } from "./harness.ts";
import { requestOf, thingAt } from "./s1-requests.ts";
import { absentThings, makeThings, type Things } from "./s1-things.ts";

/** What anybody may call: named here a second time, so that a route cannot declare itself open. */
const open = ["/livez", "/health", "/readyz", "/v2/health/live", "/v2/health/ready", "/ping", "/login"];
const host = "127.0.0.1:4680";
const canary = "canary-of-a";
const poolSize = 4;

type App = ServiceUnderTest["app"];
type RouteOptions = Parameters<App["route"]>[0];

/** One registered address. */
interface Address {
  readonly method: Route["method"];
  readonly pattern: string;
  readonly name: string;
  readonly route: Route | undefined;
}

interface Walk {
  readonly service: ServiceUnderTest;
  readonly addresses: readonly Address[];
  readonly tokens: Readonly<Record<string, string>>;
  readonly complain: (problem: string) => void;
  readonly count: { calls: number };
}

/**
 * S1: deny by default. Walks the router itself and calls every address without a token and with wrong ones (401), with
 * each role (403 where the role lacks the scope, never a failure of ours), and as an administrator of another team:
 * what is another team's answers as what is not there (404), changes nothing and tells nothing.
 */
export const verifyDenyByDefault: Harness = async (options) => {
  const { full, fault } = options;
  const problems: string[] = [];
  const registered: RouteOptions[] = [];
  const watch = (message: unknown) => {
    const { fastify } = message as { fastify: App };
    fastify.addHook("onRoute", (route) => void registered.push(route));
    if (fault) registerForgotten(fastify);
  };
  subscribe("fastify.initialization", watch);
  const service = await openService(realPorts, Date.now, () => openHarnessDatabase(options, poolSize));
  unsubscribe("fastify.initialization", watch);
  try {
    const walk: Walk = {
      service,
      addresses: addressesOf(registered, full),
      tokens: await makeTokens(service),
      complain: (problem) => void problems.push(problem),
      count: { calls: 0 },
    };
    for (const address of walk.addresses) await walkSignIn(walk, address);
    for (const address of walk.addresses) await walkRoles(walk, address);
    await walkTeams(walk);
    return {
      pass: problems.length === 0,
      figure: problems.length,
      unit: "calls that were answered otherwise than denied",
      goal: `0 of ${walk.count.calls}`,
      details: { addresses: walk.addresses.length, calls: walk.count.calls },
      problems: problems.slice(0, shownProblems),
    };
  } finally {
    await service.close();
  }
};

/** The jobs and the models that the service really has; no job is started and no model loaded. */
async function realPorts(made: Ports, db: Database): Promise<Partial<Ports>> {
  const { settings, identities, registry, artifacts, clock, metrics } = made;
  const log = { error: () => {}, warn: () => {}, info: () => {} };
  const store = createTrainingStore(db, clock);
  const connection = settings.connections.training;
  const dispatch = { ...settings.dispatch, openToTeams: true };
  return {
    settings: { ...settings, dispatch },
    training: await openDispatcher({ store, identities, connection, settings: dispatch, clock, log }),
    models: await openModelHost({ registry, artifacts, settings: settings.serving, clock, metrics, log }),
  };
}

/** The fault: a route that somebody registers without thinking of who may call it. */
function registerForgotten(app: App): void {
  const contract: Route = { ...routes.listModels, path: "/forgotten", scope: "public" };
  app.get("/forgotten", { config: { contract } }, () => "open");
}

const known = new Set<Route>(Object.values(routes));

const names = new Map<string, string>(
  Object.entries(routes).flatMap(([name, route]: [string, Route]) =>
    [route.path, ...(route.also ?? [])].map((path) => [`${route.method} ${path}`, name] as const),
  ),
);

/** Every method and spelling; in brief one spelling of each route. */
function addressesOf(registered: readonly RouteOptions[], full: boolean): readonly Address[] {
  const all = registered.flatMap(({ method, url, config }) =>
    [method].flat().map((each): Address => {
      const route = config?.contract;
      const name = names.get(`${each === "HEAD" ? "GET" : each} ${url}`) ?? "";
      return { method: each as Route["method"], pattern: url, name, route };
    }),
  );
  return full ? all : all.filter(({ name, pattern, route }) => name === "" || pattern === route?.path);
}

async function makeTokens({ ports, db }: ServiceUnderTest): Promise<Walk["tokens"]> {
  const request = { title: "S1", lifetimeMs: 3_600_000 };
  for (const team of ["team-of-a", "team-of-b"]) {
    const promotion = { approvals: 0, fourEyes: true };
    const quotas = { ...noQuotas };
    await ports.teams.create({ name: team, title: "", visibility: "private", promotion, quotas }, "S1");
  }
  const create = async (user: string, role: (typeof roles)[number], team: string | null) =>
    await ports.tokens.create({ ...request, user, role, team }, administratorIdentity);
  const made: Record<string, string> = {};
  for (const role of roles) made[role] = (await create(role, role, null)).token;
  made.b = (await create("b-admin", "admin", "team-of-b")).token;
  const revoked = await create("revoked", "admin", null);
  await ports.tokens.revoke(revoked.id, administratorIdentity);
  made.revoked = revoked.token;
  const expired = await create("expired", "admin", null);
  await db.updateTable("personal_tokens").set({ expires_at: 1 }).where("id", "=", expired.id).execute();
  made.expired = expired.token;
  return made;
}

const noQuotas = {
  registeredModels: null,
  modelVersions: null,
  experiments: null,
  runs: null,
  artifactBytes: null,
  webhooks: null,
  waitingJobs: null,
};

async function call(
  walk: Walk,
  address: Address,
  authorization: string | undefined,
  things: readonly (readonly [Reference, string])[] = [],
) {
  walk.count.calls += 1;
  const route = address.route ?? { ...routes.listModels, path: address.pattern };
  const { payload, headers: named, ...request } = requestOf(address.name, route, address.pattern, things);
  return await walk.service.app.inject({
    ...request,
    method: address.method,
    headers: {
      host,
      ...named,
      ...(authorization === undefined ? {} : { authorization }),
    },
    ...(payload === undefined ? {} : { payload }),
  });
}

const whereIs = ({ method, pattern }: Address) => `${method} ${pattern}`;

async function walkSignIn(walk: Walk, address: Address): Promise<void> {
  const { complain, tokens } = walk;
  const where = whereIs(address);
  if (address.route === undefined || !known.has(address.route)) complain(`${where}: is not in the contract.`);
  if (open.includes(address.pattern)) return;
  if (address.route?.scope === "public") complain(`${where}: declares itself public.`);
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;
  const refused = {
    "no token": undefined,
    "a wrong token": "Bearer wrong",
    "a token that was never given": `Bearer bpt_${"A".repeat(43)}`,
    "a revoked token": `Bearer ${tokens.revoked}`,
    "an expired token": `Bearer ${tokens.expired}`,
    "an unsigned JWT": `Bearer ${btoa('{"alg":"none"}')}.${btoa('{"sub":"admin"}')}.`,
    "somebody else's name": basic(`nobody:${tokens.admin}`),
  };
  for (const [what, authorization] of Object.entries(refused)) {
    const answer = await call(walk, address, authorization);
    const toLogin = answer.statusCode === 303 && /^\/login(\?next=|$)/.test(String(answer.headers.location));
    if (answer.statusCode !== 401 && !toLogin) complain(`${where}: ${answer.statusCode} with ${what}.`);
  }
}

async function walkRoles(walk: Walk, address: Address): Promise<void> {
  const { route } = address;
  if (route === undefined || open.includes(address.pattern)) return;
  for (const role of roles) {
    const may = scopesOf(role).has(route.scope);
    // What a role may do is done elsewhere; here it would undo what the walk needs.
    if (may && route.method !== "GET") continue;
    const { statusCode } = await call(walk, address, `Bearer ${walk.tokens[role]}`);
    const isRight = may
      ? (statusCode < 500 || statusCode === 501) && statusCode !== 401 && statusCode !== 403
      : statusCode === 403;
    if (!isRight) walk.complain(`${whereIs(address)}: ${statusCode} as ${role}.`);
  }
}

async function walkTeams(walk: Walk): Promise<void> {
  const { service, complain } = walk;
  const theirs = await makeThings(service, "team-of-a", canary);
  const own = await makeThings(service, "team-of-b", "own-of-b");
  await service.ports.models.reconcile();
  await requireListed(walk);
  const before = await snapshot(service);
  for (const address of walk.addresses) await walkForeign(walk, address, { theirs, own });
  if ((await snapshot(service)) !== before) complain("Something of another team was changed.");
  await service.ports.teams.change("team-of-a", { visibility: "internal" }, "S1");
  for (const address of walk.addresses) await walkInternal(walk, address, { theirs, own });
  if ((await snapshot(service)) !== before)
    complain("Something of a team that lets others read was changed.");
}

/** Lists that hold nothing would tell nothing of anybody. */
async function requireListed({ service, tokens, complain, count }: Walk): Promise<void> {
  const ask = async (token: string | undefined) => {
    count.calls += 1;
    const headers = { host, authorization: `Bearer ${token}` };
    return (await service.app.inject({ method: "POST", url: "/v2/repository/index", headers })).body;
  };
  const [all, ours] = [await ask(tokens.admin), await ask(tokens.b)];
  if (!all.includes(canary)) complain("The index of models does not show everything to who may see it.");
  if (!ours.includes("own-of-b")) complain("The index of models does not show a team its own.");
}

interface Both {
  readonly theirs: Things;
  readonly own: Things;
}

/** For each place where a request names a thing: another team's there, the caller's own everywhere else. */
async function walkForeign(walk: Walk, address: Address, { theirs, own }: Both): Promise<void> {
  const { route } = address;
  if (route === undefined || open.includes(address.pattern) || !scopesOf("admin").has(route.scope)) return;
  const about = route.about ?? "platform";
  const where = whereIs(address);
  const bearer = `Bearer ${walk.tokens.b}`;
  if (typeof about === "string") {
    if (about !== "platform" && route.method === "DELETE") return;
    const { statusCode, body } = await call(walk, address, bearer);
    if (about === "platform" && statusCode !== 403) walk.complain(`${where}: ${statusCode} for one team.`);
    if (statusCode >= 500 || body.includes(canary)) walk.complain(`${where}: tells of another team.`);
    return;
  }
  for (const reference of about) {
    const naming = (things: Things) =>
      about.map((each) => [each, thingAt(each, each === reference ? things : own)] as const);
    const answer = await call(walk, address, bearer, naming(theirs));
    if (answer.statusCode !== 404) {
      walk.complain(
        `${where}: ${answer.statusCode} for another team's ${reference}. ${answer.body.slice(0, 200)}`,
      );
    }
    // What need not be there tells of itself only to who knows an id that nobody can guess.
    if (/^(read|maybe) /.test(reference)) continue;
    const absent = absentThings(theirs);
    const none = await call(walk, address, bearer, naming(absent));
    const [there, missing] = [withoutIds(answer.body, theirs), withoutIds(none.body, absent)];
    if (there !== missing) {
      walk.complain(`${where}: tells that another team's ${reference} is there: ${there} / ${missing}`);
    }
  }
}

const escapePattern = (text: string) => text.replaceAll(/[^\w]/g, "\\$&");

/** An answer without what is different in any two answers about two things. */
const withoutIds = (body: string, things: Things) =>
  [...Object.values(things), things.source.split("/")[1] ?? ""]
    .sort((one, other) => other.length - one.length)
    .reduce((text, id) => text.replace(new RegExp(`\\b${escapePattern(id)}\\b`, "g"), "…"), body)
    .replace(/"requestId":"[^"]+"/, "");

/** What others may read they may not change. */
async function walkInternal(walk: Walk, address: Address, { theirs, own }: Both): Promise<void> {
  const { route } = address;
  if (route === undefined || typeof route.about !== "object" || !scopesOf("admin").has(route.scope)) return;
  const isReading = /^self$|:(read|call)$/.test(route.scope);
  for (const reference of route.about) {
    if (isReading || reference.startsWith("read ")) continue;
    const things = route.about.map(
      (each) => [each, thingAt(each, each === reference ? theirs : own)] as const,
    );
    const { statusCode } = await call(walk, address, `Bearer ${walk.tokens.b}`, things);
    if (statusCode !== 403) walk.complain(`${whereIs(address)}: ${statusCode} for a change of ${reference}.`);
  }
}

/** Everything that the other team has, as one text. */
async function snapshot({ db }: ServiceUnderTest): Promise<string> {
  const models = await db
    .selectFrom("registered_models")
    .selectAll()
    .where("team", "=", "team-of-a")
    .execute();
  const versions = await db
    .selectFrom("model_versions")
    .selectAll()
    .where("name", "like", `${canary}%`)
    .execute();
  const experiments = await db
    .selectFrom("experiments")
    .selectAll()
    .where("team", "=", "team-of-a")
    .execute();
  const inside = experiments.map((row) => row.experiment_id);
  const runs = await db.selectFrom("runs").selectAll().where("experiment_id", "in", inside).execute();
  const tags = await db.selectFrom("run_tags").selectAll().where("experiment_id", "in", inside).execute();
  const logged = await db
    .selectFrom("logged_models")
    .selectAll()
    .where("experiment_id", "in", inside)
    .execute();
  const jobs = await db.selectFrom("training_jobs").selectAll().where("team", "=", "team-of-a").execute();
  const webhooks = await db.selectFrom("webhooks").selectAll().where("team", "=", "team-of-a").execute();
  const artifacts = await db
    .selectFrom("artifacts")
    .selectAll()
    .where("path", "like", `%${canary}%`)
    .execute();
  return JSON.stringify({ models, versions, experiments, runs, tags, logged, jobs, webhooks, artifacts });
}
