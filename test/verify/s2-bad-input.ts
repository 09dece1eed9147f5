import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { errorCodes, type Route, routes } from "@bedplate/contract";
import { sql } from "kysely";
import { createClosers } from "./closers.ts";
import { type HarnessOptions, type HarnessResult, shownProblems } from "./harness.ts";
import { type BadRequest, drawRequest, heavyBodies } from "./s2-requests.ts";
import { seededRandom } from "./seeded-random.ts";
import { startServices } from "./service-group.ts";
import { type Replica, type ServiceHome, withDatabase } from "./service-process.ts";

const full = { perRoute: 1_000, heavyRoutes: Number.POSITIVE_INFINITY };
const quick = { perRoute: 6, heavyRoutes: 1 };
const slowMs = 1_000;
const timeoutMs = 30_000;

interface Answer {
  /** 0 where the connection was closed instead. */
  readonly status: number;
  readonly text: string;
  /** Time that the service worked, or where that cannot be known, time until the answer. */
  readonly ms: number;
}

/** Processor time of a process so far, in milliseconds; null where there is no `/proc`. Source: proc(5), 100 ticks a second. */
function workedMs(pid: number | undefined): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return null;
  }
}

/** What an answer must never hold: words of the database, of the code, of the machine. */
const leaks =
  /\b(select|insert into|delete from)\b|sqlstate|syntax error at|violates \w+|relation "|duplicate key|invalid byte sequence|\.ts:\d|node_modules|at \w+ \(|\bkysely\b|\/runtime\/src/i;
const mlflowCodes: ReadonlySet<string> = new Set(Object.values(errorCodes).map(({ mlflow }) => mlflow));

/**
 * S2: every route of the contract gets requests with wrong types, broken and heavy bodies, odd headers, huge pages and
 * hostile text. No answer is a 5xx (501 says that something is not offered), takes more than a second, is an error
 * in another form than the route's protocol has, or tells of SQL, code or folders. The fault takes a table away.
 */
export async function verifyBadInput(options: HarnessOptions): Promise<HarnessResult> {
  const closers = createClosers();
  const scale = options.full ? full : quick;
  const agent = new Agent({ keepAlive: true });
  closers.add(() => agent.destroy());
  try {
    const prepare = options.fault ? plantFault : undefined;
    const { home, replicas } = await startServices(
      { database: options.database, replicas: 1, prepare },
      closers,
    );
    const [replica] = replicas;
    if (replica === undefined) throw new Error("There is no service.");
    const bench = {
      home,
      replica,
      agent,
      problems: [],
      counts: { requests: 0, refused: 0, closed: 0, slowestMs: 0 },
    };
    await attack(bench, scale, seededRandom(options.seed));
    const { problems, counts } = bench as Bench;
    return {
      pass: problems.length === 0,
      figure: problems.length,
      unit: "answers that are a 5xx, slow, in another form, or tell too much",
      goal: `0 of ${counts.requests}, each within ${slowMs} ms of the service's work`,
      details: { routes: Object.keys(routes).length, ...counts },
      problems: problems.slice(0, shownProblems),
    };
  } finally {
    await closers.close();
  }
}

interface Bench {
  readonly home: ServiceHome;
  readonly replica: Replica;
  readonly agent: Agent;
  readonly problems: string[];
  readonly counts: { requests: number; refused: number; closed: number; slowestMs: number };
}

async function plantFault(home: ServiceHome): Promise<void> {
  await withDatabase(home, async (db) => {
    await sql`alter table registered_models rename column description to taken_away`.execute(db);
  });
}

async function attack(bench: Bench, scale: typeof full, random: () => number): Promise<void> {
  const fields = await fieldsOfRoutes(bench.replica);
  const heavy = Object.entries(heavyBodies);
  for (const [at, [name, route]] of (Object.entries(routes) as [string, Route][]).entries()) {
    const known = fields.get(`${route.method} ${route.path}`) ?? [];
    for (let count = 0; count < scale.perRoute; count++)
      await judge(bench, name, drawRequest(random, route, known));
    if (route.body !== "json") continue;
    // In the brief form each route gets a heavy body or two, so that all are sent to some route.
    const some = heavy.filter((_, place) => (place + at) % heavy.length < scale.heavyRoutes);
    for (const [what, make] of some) {
      const path = route.path.replaceAll(/:\w+|\*/g, "1");
      await judge(bench, name, {
        method: route.method,
        path,
        contentType: "application/json",
        body: make(known),
        what,
      });
    }
  }
}

/** The fields of each route's addresses and bodies, by the service's own OpenAPI document. */
async function fieldsOfRoutes(replica: Replica): Promise<ReadonlyMap<string, readonly string[]>> {
  interface Operation {
    readonly parameters?: readonly { readonly name: string; readonly in: string }[];
    readonly requestBody?: {
      readonly content: Record<string, { readonly schema?: { readonly properties?: object } }>;
    };
  }
  const { paths } = (await replica.call("GET", "/openapi.json")).body as {
    paths: Record<string, Record<string, Operation>>;
  };
  const found = new Map<string, readonly string[]>();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { parameters = [], requestBody }] of Object.entries(operations)) {
      const inBody = Object.values(requestBody?.content ?? {}).flatMap(({ schema }) =>
        Object.keys(schema?.properties ?? {}),
      );
      const inQuery = parameters.filter((one) => one.in === "query").map((one) => one.name);
      found.set(`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`, [...inBody, ...inQuery]);
    }
  }
  return found;
}

async function judge(bench: Bench, name: string, bad: BadRequest): Promise<void> {
  const { counts, problems } = bench;
  const answer = await send(bench, bad);
  counts.requests += 1;
  counts.slowestMs = Math.max(counts.slowestMs, Math.round(answer.ms));
  if (answer.status === 0) counts.closed += 1;
  if (answer.status >= 400) counts.refused += 1;
  for (const wrong of wrongsOf(bench, name, answer)) {
    problems.push(
      `${name} (${bad.what}): ${wrong}: ${bad.method} ${bad.path.slice(0, 200)} ${bad.body?.slice(0, 200)}`,
    );
  }
}

function wrongsOf({ home }: Bench, name: string, { status, text, ms }: Answer): readonly string[] {
  const wrongs: string[] = [];
  if (status >= 500 && status !== 501) wrongs.push(`${status} ${text.slice(0, 200)}`);
  if (ms > slowMs) wrongs.push(`${Math.round(ms)} ms`);
  // A page is a page; and Node itself answers a head that is too long.
  const route: Route = routes[name as keyof typeof routes];
  if (status >= 400 && status !== 431 && route.dialect !== "page" && !isWorded(route.dialect, text)) {
    wrongs.push(`an error in another form: ${status} ${text.slice(0, 200)}`);
  }
  const told =
    status >= 400 ? (leaks.exec(text)?.[0] ?? (text.includes(home.folder) ? home.folder : null)) : null;
  if (told !== null) wrongs.push(`it tells of "${told}"`);
  return wrongs;
}

/** Whether an error has the form of its protocol. HEAD has none, and an address that its method misses is nobody's. */
function isWorded(dialect: Route["dialect"], text: string): boolean {
  const body = parse(text);
  if (body === null) return false;
  const { error_code, message, code, detail, error } = body;
  const asMlflow = mlflowCodes.has(String(error_code)) && typeof message === "string";
  const known = Object.hasOwn(errorCodes, String(code));
  const asV2 = known && typeof error === "string";
  const asOwn = known && typeof detail === "string";
  return dialect === "mlflow" ? asMlflow : asV2 || asOwn || asMlflow;
}

function parse(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

async function send({ home, replica, agent }: Bench, bad: BadRequest): Promise<Answer> {
  const { method, path, contentType, body } = bad;
  const headers = {
    authorization: `Bearer ${home.token}`,
    ...(contentType === "" ? {} : { "content-type": contentType }),
    ...(body === null ? {} : { "content-length": Buffer.byteLength(body) }),
  };
  const started = performance.now();
  const before = workedMs(replica.pid());
  return await new Promise((resolve) => {
    const done = (status: number, text: string) => {
      const after = workedMs(replica.pid());
      const passed = performance.now() - started;
      resolve({
        status,
        text,
        ms: before === null || after === null ? passed : Math.min(passed, after - before),
      });
    };
    const outgoing = request(replica.url, { method, path, headers, agent }, (reply) => {
      const parts: Buffer[] = [];
      reply.on("data", (part: Buffer) => parts.push(part));
      reply.on("error", () => done(reply.statusCode ?? 0, ""));
      reply.on("end", () => done(reply.statusCode ?? 0, Buffer.concat(parts).toString()));
    });
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy());
    outgoing.on("error", () => done(0, ""));
    outgoing.end(body ?? undefined);
  });
}
