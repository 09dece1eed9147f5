import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import { type Closers, createClosers } from "./closers.ts";
import { type HarnessOptions, type HarnessResult, shownProblems } from "./harness.ts";
import { openReceivers, type TestReceiver } from "./r4-receivers.ts";
import { seededRandom } from "./seeded-random.ts";
import { startServices } from "./service-group.ts";
import { type Replica, type ServiceHome, withDatabase } from "./service-process.ts";

interface Findings {
  readonly problems: readonly string[];
  readonly details: HarnessResult["details"];
}

interface Scale {
  readonly replicas: number;
  readonly crashes: number;
  readonly models: number;
}

const quick = { crashes: 3, models: 4 };
const full = { crashes: 200, models: 8 };
/** Nothing more is expected when nothing has come for so long. */
const silenceMs = 60_000;
/** Changes that the slowest receiver may lag behind: far fewer than webhooks.queueLimit, past which they are dead letters. */
const lagLimit = 1_000;
const mlflow = "/api/2.0/mlflow";

/**
 * R4: nothing announced is lost. While changes are made and the service is killed (SIGKILL) at random points, receivers
 * fail, hang, break off and restart. Afterwards every event of every committed change was accepted by every receiver,
 * in order for each model, under one delivery id, and none of a change that did not happen. On PostgreSQL two replicas
 * share the work, on the embedded database there is one. The fault loses some deliveries.
 */
export async function verifyOutbox(options: HarnessOptions): Promise<HarnessResult> {
  const closers = createClosers();
  try {
    const prepare = options.fault ? plantFault : undefined;
    const { replicas } = await startServices({ database: options.database, prepare }, closers);
    const usual = options.full ? full : quick;
    const scale = { ...usual, crashes: options.crashes ?? usual.crashes, replicas: replicas.length };
    const { problems, details } = await attack(replicas, seededRandom(options.seed), scale, closers);
    return {
      pass: problems.length === 0,
      figure: problems.length,
      unit: "events lost, out of order, under two ids, or of no change",
      goal: "0",
      details,
      problems: problems.slice(0, shownProblems),
    };
  } finally {
    await closers.close();
  }
}

/** A database that swallows one delivery in twenty, as a publisher would that marks before it sends. */
async function plantFault(home: ServiceHome): Promise<void> {
  await withDatabase(home, async (db) => {
    await sql`create function swallow() returns trigger language plpgsql as $$
      begin if new.sequence % 20 = 7 then return null; end if; return new; end $$`.execute(db);
    await sql`create trigger swallow before insert on webhook_deliveries
      for each row execute function swallow()`.execute(db);
  });
}

async function attack(
  replicas: readonly Replica[],
  random: () => number,
  scale: Scale,
  closers: Closers,
): Promise<Findings> {
  const receivers = await openReceivers(random, closers);
  await subscribe(replicas, receivers);
  const models = Array.from({ length: scale.models }, (_, at) => `model-${at}`);
  for (const model of models) await prepare(replicas, model);
  const slowest = () => Math.min(...receivers.map(({ accepted }) => accepted.length));
  await writeThroughCrashes(replicas, models, random, { crashes: scale.crashes, slowest });
  for (const receiver of receivers) receiver.behave();
  const expected = await committed(replicas, models);
  await drained(replicas, receivers, expected);
  const problems = receivers.flatMap((receiver) => judge(receiver, expected));
  return { problems, details: { ...scale, ...countAccepted(receivers, expected) } };
}

/** Changes all models while replicas are killed; nobody writes any more when it is over, also when it broke off. */
async function writeThroughCrashes(
  replicas: readonly Replica[],
  models: readonly string[],
  random: () => number,
  { crashes, slowest }: { readonly crashes: number; readonly slowest: () => number },
): Promise<void> {
  const life: Life = { over: false, written: 0, slowest };
  const writing = Promise.allSettled(models.map((model) => write(replicas, model, random, life)));
  try {
    for (let crash = 1; crash <= crashes; crash++) {
      await wait(200 + random() * 1_300);
      const victim = replicas[Math.floor(random() * replicas.length)];
      await victim?.kill();
      await victim?.start();
      console.error(`crash ${crash} of ${crashes}`);
    }
  } finally {
    life.over = true;
    await writing;
  }
  for (const end of await writing) if (end.status === "rejected") throw end.reason;
}

/** Asks the replicas in turn until one answers. */
async function ask(
  replicas: readonly Replica[],
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const answer = await replicas[attempt % replicas.length]?.call(method, path, body);
    if (answer?.status === 200) return answer.body;
    await wait(20);
  }
  throw new Error(`${method} ${path} was never answered`);
}

async function subscribe(replicas: readonly Replica[], receivers: readonly TestReceiver[]): Promise<void> {
  const events = [
    { entity: "REGISTERED_MODEL", action: "CREATED" },
    { entity: "MODEL_VERSION", action: "CREATED" },
    { entity: "MODEL_VERSION_TAG", action: "SET" },
  ];
  for (const { name, url } of receivers) {
    await ask(replicas, "POST", `${mlflow}/webhooks`, { name, url, events, secret: "s" });
  }
}

/** Before the first crash: a creation that is cut off could not simply be asked for again. */
async function prepare(replicas: readonly Replica[], model: string): Promise<void> {
  await ask(replicas, "POST", `${mlflow}/registered-models/create`, { name: model });
  await ask(replicas, "POST", `${mlflow}/model-versions/create`, {
    name: model,
    source: "mlflow-artifacts:/0/files",
  });
}

interface Life {
  over: boolean;
  /** Changes that were acknowledged. */
  written: number;
  /** How many the slowest receiver has accepted. */
  readonly slowest: () => number;
}

/** Changes one model until it is over, one change after the other; some are refused, some are cut off by a crash. */
async function write(
  replicas: readonly Replica[],
  model: string,
  random: () => number,
  life: Life,
): Promise<void> {
  for (let at = 0; !life.over; at++) {
    const refused = random() < 0.1;
    const replica = replicas[Math.floor(random() * replicas.length)];
    const key = refused ? `refused-${at}` : `t${at}`;
    const version = refused ? "2" : "1";
    const tag = { name: model, version, key, value: "v" };
    const answer = await replica?.call("POST", `${mlflow}/model-versions/set-tag`, tag);
    if (answer?.status === 200) life.written += 1;
    await wait(20 + random() * 60);
    while (!life.over && life.written - life.slowest() > lagLimit) await wait(100);
  }
}

/** What happened, by the database: of each model its events in order. */
type Expected = ReadonlyMap<string, readonly string[]>;

async function committed(replicas: readonly Replica[], models: readonly string[]): Promise<Expected> {
  const expected = new Map<string, readonly string[]>();
  for (const model of models) {
    const path = `${mlflow}/model-versions/get?name=${model}&version=1`;
    const found = (await ask(replicas, "GET", path)) as { model_version: { tags?: { key: string }[] } };
    const keys = (found.model_version.tags ?? []).map(({ key }) => key);
    keys.sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
    const tags = keys.map((key) => `model_version_tag.set ${key}`);
    expected.set(model, ["registered_model.created ", "model_version.created ", ...tags]);
  }
  return expected;
}

const nameOf = ({ event, key }: { readonly event: string; readonly key: string }) => `${event} ${key}`;

/** Waits until nothing is on its way any more. */
async function drained(
  replicas: readonly Replica[],
  receivers: readonly TestReceiver[],
  expected: Expected,
): Promise<void> {
  const wanted = [...expected.values()].reduce((sum, names) => sum + names.length, 0);
  const ids = async () => {
    const { webhooks } = (await ask(replicas, "GET", `${mlflow}/webhooks`)) as {
      webhooks: { webhook_id: string }[];
    };
    return webhooks.map((webhook) => webhook.webhook_id);
  };
  const waiting = async (id: string) => {
    const path = `/api/bedplate/v1/webhooks/${id}/deliveries?state=pending&limit=1`;
    const { deliveries } = (await ask(replicas, "GET", path)) as { deliveries: unknown[] };
    return deliveries.length > 0;
  };
  const arrived = () => receivers.reduce((sum, { accepted }) => sum + accepted.length, 0);
  let last = { arrived: -1, at: Date.now() };
  for (;;) {
    if (arrived() > last.arrived) last = { arrived: arrived(), at: Date.now() };
    const complete = receivers.every(
      ({ accepted }) => new Set(accepted.map(({ deliveryId }) => deliveryId)).size >= wanted,
    );
    const pending = await Promise.all((await ids()).map(waiting));
    if (complete && !pending.includes(true)) return;
    // Nothing waits and something is missing: it will not come. The fan-out has had time for what is new.
    if (!pending.includes(true)) {
      await wait(2_000);
      if (!(await Promise.all((await ids()).map(waiting))).includes(true)) return;
    }
    if (Date.now() - last.at > silenceMs) return;
    await wait(200);
  }
}

function countAccepted(receivers: readonly TestReceiver[], expected: Expected): Record<string, number> {
  const events = [...expected.values()].reduce((sum, names) => sum + names.length, 0);
  const accepted = receivers.reduce((sum, receiver) => sum + receiver.accepted.length, 0);
  return { events, deliveries: events * receivers.length, accepted };
}

/** What is wrong with what a receiver accepted, a sentence each. */
function judge({ name, accepted }: TestReceiver, expected: Expected): readonly string[] {
  const wrongs: string[] = [];
  for (const [model, names] of expected) {
    const got = accepted.filter(({ subject }) => subject === model);
    const seen = new Map<string, string>();
    let last = -1;
    for (const each of got) {
      const event = nameOf(each);
      const at = names.indexOf(event);
      if (at < 0) wrongs.push(`${name}: ${model}: "${event}" never happened`);
      else if (at < last) wrongs.push(`${name}: ${model}: "${event}" came after "${names[last]}"`);
      else last = at;
      const id = seen.get(event);
      if (id !== undefined && id !== each.deliveryId)
        wrongs.push(`${name}: ${model}: "${event}" under two ids`);
      seen.set(event, each.deliveryId);
    }
    for (const event of names) if (!seen.has(event)) wrongs.push(`${name}: ${model}: "${event}" was lost`);
  }
  return wrongs;
}
