import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import type { Database } from "../../runtime/src/store/database.ts";
import { createClosers } from "./closers.ts";
import { type HarnessOptions, type HarnessResult, shownProblems } from "./harness.ts";
import { type Answer, send } from "./r3-sender.ts";
import { seededRandom } from "./seeded-random.ts";
import { startServices } from "./service-group.ts";
import { type Replica, type ServiceHome, withDatabase } from "./service-process.ts";

const full = { requests: 10_000, clients: 32, crashes: 20 };
const quick = { requests: 120, clients: 8, crashes: 1 };
/** Short, so that requests under one key meet often enough to be answered 409. */
const settings = { idempotency: { waitMs: 5 } };
const patience = 500;

/** What is made of so many requests; names carry the number of the request. */
const kinds = [
  {
    path: "/api/2.0/mlflow/runs/create",
    body: (name: string) => ({ experiment_id: "0", run_name: name }),
    table: "runs",
    column: "name",
  },
  {
    path: "/api/2.0/mlflow/logged-models",
    body: (name: string) => ({ experiment_id: "0", name }),
    table: "logged_models",
    column: "name",
  },
  {
    path: "/api/2.0/mlflow/model-versions/create",
    body: (name: string) => ({ name: "keyed", source: "mlflow-artifacts:/0/x", description: name }),
    table: "model_versions",
    column: "description",
  },
] as const;

interface Counts {
  sent: number;
  cut: number;
  repeated: number;
  inUse: number;
  reused: number;
}

interface Bench {
  readonly seed: number;
  readonly home: ServiceHome;
  readonly replicas: readonly Replica[];
  readonly counts: Counts;
  readonly problems: string[];
}

/**
 * R3: requests that make things are sent one to five times each, by many clients, at once and one after the other;
 * connections are cut and services killed meanwhile. Afterwards there is one thing for each key, all answers under a
 * key were the same, another request under it was refused (422), and 409 came only while one was under way. The fault
 * forgets some keys.
 */
export async function verifyIdempotency(options: HarnessOptions): Promise<HarnessResult> {
  const closers = createClosers();
  const usual = options.full ? full : quick;
  const scale = { ...usual, crashes: options.crashes ?? usual.crashes };
  try {
    const prepare = options.fault ? plantFault : undefined;
    const { home, replicas } = await startServices(
      { database: options.database, settings, prepare },
      closers,
    );
    const counts = { sent: 0, cut: 0, repeated: 0, inUse: 0, reused: 0 };
    const bench: Bench = { seed: options.seed, home, replicas, counts, problems: [] };
    await replicas[0]?.call("POST", "/api/2.0/mlflow/registered-models/create", { name: "keyed" });
    await storm(bench, scale);
    for (const replica of replicas) await replica.kill();
    const problems = [...bench.problems, ...(await withDatabase(home, (db) => judge(db, scale.requests)))];
    return {
      pass: problems.length === 0,
      figure: problems.length,
      unit: "keys with other than one thing, or answers that the draft does not have",
      goal: `0 of ${scale.requests}`,
      details: { ...scale, replicas: replicas.length, ...counts },
      problems: problems.slice(0, shownProblems),
    };
  } finally {
    await closers.close();
  }
}

/** A database that forgets one key in eight as soon as its answer is written. */
async function plantFault(home: ServiceHome): Promise<void> {
  await withDatabase(home, async (db) => {
    await sql`create function forget() returns trigger language plpgsql as $$
      begin delete from idempotency_keys where hash = new.hash; return null; end $$`.execute(db);
    await sql`create trigger forget after update on idempotency_keys
      for each row when (new.hash < '2') execute function forget()`.execute(db);
  });
}

/** All requests, each by one of the clients, while services are killed. */
async function storm(bench: Bench, { requests, clients, crashes }: typeof full): Promise<void> {
  const { replicas, seed } = bench;
  const life = { next: 0 };
  const client = async () => {
    for (let at = life.next++; at < requests; at = life.next++) await ask(bench, at);
  };
  const working = Promise.allSettled(Array.from({ length: clients }, client));
  const random = seededRandom(seed);
  try {
    for (let crash = 1; crash <= crashes; crash++) {
      // Spread over the work, however fast it goes.
      const due = (requests * (crash - random())) / (crashes + 1);
      while (life.next < Math.min(due, requests)) await wait(20);
      const victim = replicas[Math.floor(random() * replicas.length)];
      await victim?.kill();
      await victim?.start();
      console.error(`crash ${crash} of ${crashes}, ${life.next} of ${requests} requests`);
    }
  } finally {
    await working;
  }
  for (const end of await working) if (end.status === "rejected") throw end.reason;
}

/** One request, sent as often as chance wants and then until there is an answer; some with another body at the end. */
async function ask(bench: Bench, number: number): Promise<void> {
  const { replicas, home, counts, problems } = bench;
  const random = seededRandom(bench.seed * 1_000_003 + number);
  const kind = kinds[number % kinds.length] ?? kinds[0];
  const pick = () => replicas[Math.floor(random() * replicas.length)];
  const of = (name: string) => ({
    path: kind.path,
    body: kind.body(name),
    key: `key-${number}`,
    token: home.token,
  });
  const name = `thing-${number}`;
  const answers: Answer[] = [];
  const attempt = async (cutAfterMs?: number) => {
    counts.sent += 1;
    const answer = await send(pick(), { ...of(name), cutAfterMs });
    if (answer === null) counts.cut += 1;
    else answers.push(answer);
    return answer;
  };
  const loose: Promise<unknown>[] = [];
  for (let more = Math.floor(random() * 5); more > 0; more--) {
    const mood = random();
    if (mood < 0.4) await attempt(random() * 15);
    else if (mood < 0.8) loose.push(attempt());
    else await attempt();
  }
  for (let tries = 0; (await attempt())?.status !== 200; tries++) {
    if (tries > patience)
      throw new Error(`Request ${number} was never answered: ${JSON.stringify(answers.at(-1))}`);
    await wait(20);
  }
  await Promise.all(loose);
  judgeAnswers(bench, number, answers);
  if (random() > 0.1) return;
  const other = await send(pick(), of(`other-${number}`));
  if (other === null) return;
  if (other.status === 422) counts.reused += 1;
  else problems.push(`key ${number}: another request under it was answered ${other.status}`);
}

/** What contradicts the draft in the answers to one request. */
function judgeAnswers({ counts, problems }: Bench, number: number, answers: readonly Answer[]): void {
  const done = answers.filter(({ status }) => status === 200);
  if (new Set(done.map(({ text }) => text)).size > 1) problems.push(`key ${number}: its answers differ`);
  if (done.filter(({ repeated }) => !repeated).length > 1) problems.push(`key ${number}: it was done twice`);
  counts.repeated += done.filter(({ repeated }) => repeated).length;
  for (const { status, retryAfter, text } of answers) {
    if (status === 200) continue;
    if (status === 409 && retryAfter !== undefined && answers.length > 1) counts.inUse += 1;
    else problems.push(`key ${number}: ${status} ${text.slice(0, 200)}`);
  }
}

/** One thing for each key, and none for what was refused. */
async function judge(db: Database, requests: number): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [at, { table, column }] of kinds.entries()) {
    const { rows } = await sql<{ name: string; n: number }>`
      select ${sql.ref(column)} as name, count(*)::integer as n from ${sql.table(table)}
      where ${sql.ref(column)} ~ '^(thing|other)-' group by 1`.execute(db);
    const found = new Map(rows.map(({ name, n }) => [name, n]));
    for (let number = at; number < requests; number += kinds.length) {
      const n = found.get(`thing-${number}`) ?? 0;
      if (n !== 1) problems.push(`key ${number}: ${n} things in ${table}`);
      if (found.has(`other-${number}`)) problems.push(`key ${number}: what was refused is in ${table}`);
    }
  }
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n from (select subject from events
      where type = 'dev.bedplate.run.created' group by subject having count(*) > 1) as twice`.execute(db);
  const [twice] = rows;
  if (twice !== undefined && twice.n > 0) problems.push(`${twice.n} runs were announced twice`);
  return problems;
}
