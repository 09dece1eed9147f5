import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Settings, settings as schema, type WebhookEvent, webhookEvents } from "@bedplate/contract";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import { openReceiver, type Receiver } from "../../testing/receiver.ts";
import { createMetrics } from "../ops/metrics.ts";
import { createRegistryStore, type RegistryStore } from "../store/registry-store.ts";
import { signWebhook } from "./webhook-sender.ts";
import { openWebhooks, type Webhooks } from "./webhooks.ts";

let folder: string;
let sealKeyFile: string;
let opened: Awaited<ReturnType<typeof openTestDatabase>>;
let registry: RegistryStore;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-webhooks-"));
  sealKeyFile = join(folder, "seal-key");
  await writeFile(sealKeyFile, randomBytes(32).toString("base64url"), { mode: 0o600 });
  opened = await openTestDatabase();
  registry = createRegistryStore(opened.db);
});
afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  for (const table of ["webhooks", "events", "registered_models"] as const) {
    await opened.db.deleteFrom(table).execute();
  }
});
afterEach(async () => {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
});

/** The machine may be busy, so this waits long where it must. */
const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 15_000, interval: 5 });

type Limits = Partial<Settings["webhooks"]>;

async function open(limits: Limits = {}, start = true): Promise<Webhooks> {
  const webhooks = schema.shape.webhooks.parse({
    allowedHosts: "127.0.0.0/8",
    sealKeyFile,
    retryBaseMs: 5,
    retryMaxMs: 20,
    timeoutMs: 300,
    ...limits,
  });
  const events = schema.shape.events.parse({ pollIntervalMs: 10 });
  const settings = { webhooks, events, release: "0.0.0" };
  const made = await openWebhooks({ db: opened.db, settings, clock: Date.now, metrics: createMetrics() });
  if (start) closers.push(made.start(vi.fn()).close);
  return made;
}

async function receiver(...given: Parameters<typeof openReceiver>): Promise<Receiver> {
  const made = await openReceiver(...given);
  closers.push(made.close);
  return made;
}

const hook = (
  webhooks: Webhooks,
  url: string,
  events: readonly WebhookEvent[] = webhookEvents,
  secret = "",
) => webhooks.store.create({ name: "it", description: "", url, events, secret, status: "ACTIVE" }, "me");

const register = (name: string, tags: { key: string; value: string }[] = []) =>
  registry.models.create({ name, description: "d", tags, actor: "me" });
const bodies = ({ received }: Receiver) => received.map(({ text }) => JSON.parse(text));
const finished = (webhooks: Webhooks) =>
  eventually(async () => expect(await webhooks.countPending()).toBe(0));

test("every change that was asked for arrives in MLflow's words, in order and signed", async () => {
  const target = await receiver();
  const webhooks = await open();
  await hook(webhooks, target.url, webhookEvents, "hunter2");
  await register("m", [{ key: "k", value: "v" }]);
  await opened.db.insertInto("model_versions").values(versionRow("m")).execute();
  await registry.versions.setTag("m", 1, { key: "a", value: "b" }, "me");
  await registry.versions.deleteTag("m", 1, "a", "me");
  await registry.setAlias({ model: "m", alias: "champion", version: 1, actor: "me" });
  await registry.deleteAlias({ model: "m", alias: "champion", actor: "me" });
  await eventually(() => expect(target.received).toHaveLength(5));
  await finished(webhooks);
  const at = { timestamp: expect.stringMatching(/^\d{4}-.*\+00:00$/) };
  expect(bodies(target)).toEqual([
    {
      entity: "registered_model",
      action: "created",
      ...at,
      data: { name: "m", tags: { k: "v" }, description: "d" },
    },
    {
      entity: "model_version_tag",
      action: "set",
      ...at,
      data: { name: "m", version: "1", key: "a", value: "b" },
    },
    { entity: "model_version_tag", action: "deleted", ...at, data: { name: "m", version: "1", key: "a" } },
    {
      entity: "model_version_alias",
      action: "created",
      ...at,
      data: { name: "m", alias: "champion", version: "1" },
    },
    { entity: "model_version_alias", action: "deleted", ...at, data: { name: "m", alias: "champion" } },
  ]);
  for (const { headers, text } of target.received) {
    const id = String(headers["x-mlflow-delivery-id"]);
    const timestamp = String(headers["x-mlflow-timestamp"]);
    expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).toBeLessThan(10);
    expect(headers["x-mlflow-signature"]).toBe(signWebhook("hunter2", id, timestamp, text));
  }
});

const versionRow = (name: string) => ({
  name,
  version: 1,
  description: "",
  user_id: "me",
  source: "s",
  artifact_path: "p",
  run_id: "",
  run_link: "",
  status: "READY",
  stage: "None",
  model_id: "",
  creation_time: 0,
  last_updated_time: 0,
});

test("a prompt, which MLflow keeps as a marked model, has events of its own", async () => {
  const target = await receiver();
  const webhooks = await open();
  await hook(webhooks, target.url);
  await register("p", [{ key: "mlflow.prompt.is_prompt", value: "true" }]);
  await registry.models.setTag("p", { key: "a", value: "b" }, "me");
  await eventually(() => expect(target.received).toHaveLength(2));
  expect(bodies(target).map(({ entity, action }) => `${entity}.${action}`)).toEqual([
    "prompt.created",
    "prompt_tag.set",
  ]);
});

test("what was not asked for, what was rolled back, and what happens while it is disabled is not sent", async () => {
  const target = await receiver();
  const webhooks = await open();
  const { webhook_id } = await hook(webhooks, target.url, ["registered_model.created"]);
  await register("m");
  await expect(register("m")).rejects.toThrow("already exists");
  await registry.models.setTag("m", { key: "a", value: "b" }, "me");
  await eventually(() => expect(target.received).toHaveLength(1));
  await webhooks.store.update(webhook_id, { status: "DISABLED" }, "me");
  await register("missed");
  await wait(100);
  await webhooks.store.update(webhook_id, { status: "ACTIVE" }, "me");
  await register("later");
  await eventually(() => expect(target.received).toHaveLength(2));
  await finished(webhooks);
  expect(bodies(target).map(({ data }) => data.name)).toEqual(["m", "later"]);
});

test("a webhook hears of what happens after it was made, and not of what still waited in the outbox", async () => {
  const target = await receiver();
  const webhooks = await open({}, false);
  await register("before");
  await hook(webhooks, target.url, ["registered_model.created"]);
  await register("after");
  closers.push(webhooks.start(vi.fn()).close);
  await eventually(() => expect(target.received).not.toHaveLength(0));
  await finished(webhooks);
  expect(bodies(target).map((body) => body.data.name)).toEqual(["after"]);
});

test("a receiver that fails is called again with the same id, and later events of the subject wait for it", async () => {
  let failures = 3;
  const target = await receiver((_received, reply) => {
    reply.statusCode = failures-- > 0 ? 500 : 200;
    reply.end();
  });
  const webhooks = await open();
  const { webhook_id } = await hook(webhooks, target.url);
  await register("m", [{ key: "mlflow.prompt.is_prompt", value: "true" }]);
  await registry.models.setTag("m", { key: "a", value: "1" }, "me");
  await registry.models.setTag("m", { key: "a", value: "2" }, "me");
  await eventually(() => expect(target.received).toHaveLength(6));
  await finished(webhooks);
  const ids = target.received.map(({ headers }) => headers["x-mlflow-delivery-id"]);
  expect(new Set(ids.slice(0, 4)).size).toBe(1);
  expect(new Set(ids).size).toBe(3);
  const { deliveries } = await webhooks.history.list(webhook_id, { limit: 10 });
  expect(deliveries.map(({ attempts, state, status }) => ({ attempts, state, status }))).toEqual([
    { attempts: 1, state: "delivered", status: 200 },
    { attempts: 1, state: "delivered", status: 200 },
    { attempts: 4, state: "delivered", status: 200 },
  ]);
});

test("a receiver that hangs and one that is gone delay no other", async () => {
  const hanging = await receiver(() => {});
  const gone = await openReceiver();
  await gone.close();
  const good = await receiver();
  const webhooks = await open({ timeoutMs: 60_000, concurrency: 2, retryBaseMs: 1_000, retryMaxMs: 1_000 });
  for (const { url } of [hanging, gone, good]) await hook(webhooks, url);
  for (let at = 0; at < 10; at++) await register(`m${at}`);
  await eventually(() => expect(good.received).toHaveLength(10));
  expect(hanging.received.length).toBeLessThanOrEqual(2);
});

test("after its attempts a delivery is a dead letter, and the next one of the subject gets its turn", async () => {
  const target = await receiver((received, reply) => {
    reply.statusCode = received.text.includes('"poison"') ? 500 : 200;
    reply.end();
  });
  const webhooks = await open({ maxAttempts: 3 });
  const { webhook_id } = await hook(webhooks, target.url);
  await register("m", [{ key: "mlflow.prompt.is_prompt", value: "true" }]);
  await registry.models.setTag("m", { key: "poison", value: "" }, "me");
  await registry.models.setTag("m", { key: "cure", value: "" }, "me");
  await eventually(() => expect(target.received).toHaveLength(5));
  await finished(webhooks);
  const { deliveries } = await webhooks.history.list(webhook_id, { state: "dead", limit: 10 });
  expect(deliveries).toMatchObject([{ attempts: 3, status: 500, error: "The receiver answered 500." }]);
});

test("a dead letter, a delivered one and a time range with what was missed are replayed under their own ids", async () => {
  let broken = true;
  const target = await receiver((_received, reply) => {
    reply.statusCode = broken ? 503 : 200;
    reply.end();
  });
  const webhooks = await open({ maxAttempts: 1 });
  const from = Date.now();
  await register("before");
  await eventually(async () =>
    expect(
      await opened.db.selectFrom("events").select("id").where("fanned_out", "=", true).execute(),
    ).toHaveLength(1),
  );
  const { webhook_id } = await hook(webhooks, target.url);
  await register("m");
  const dead = await eventually(async () => {
    const { deliveries } = await webhooks.history.list(webhook_id, { state: "dead", limit: 10 });
    expect(deliveries).toHaveLength(1);
    return deliveries[0]?.id ?? "";
  });
  broken = false;
  expect(await webhooks.history.replay(webhook_id, { deliveryId: dead })).toBe(1);
  await finished(webhooks);
  expect(target.received.map(({ headers }) => headers["x-mlflow-delivery-id"])).toEqual([dead, dead]);
  expect(await webhooks.history.replay(webhook_id, { from, to: Date.now() + 1 })).toBe(2);
  await finished(webhooks);
  expect(bodies(target).map(({ data }) => data.name)).toEqual(
    expect.arrayContaining(["m", "m", "before", "m"]),
  );
  await expect(webhooks.history.replay(webhook_id, { deliveryId: "nope" })).rejects.toThrow(
    "no delivery nope",
  );
});

test("what is over the queue's limit becomes a dead letter at once", async () => {
  const gone = await openReceiver();
  await gone.close();
  const webhooks = await open({ queueLimit: 2, retryBaseMs: 60_000, retryMaxMs: 60_000 });
  const { webhook_id } = await hook(webhooks, gone.url);
  for (const name of ["a", "b", "c"]) await register(name);
  await eventually(async () => {
    const { deliveries } = await webhooks.history.list(webhook_id, { limit: 10 });
    expect(deliveries.map(({ state }) => state)).toEqual(["dead", "pending", "pending"]);
  });
});

test("a private address and a redirect are refused, and the first of them is not tried twice", async () => {
  const secret = await receiver();
  const moving = await receiver((_received, reply) => reply.writeHead(307, { location: secret.url }).end());
  const webhooks = await open({ maxAttempts: 2 });
  const moved = await hook(webhooks, moving.url);
  const inside = await hook(webhooks, `http://localhost:${secret.port}/`);
  const closed = await open({ allowedHosts: "" }, false);
  await expect(hook(closed, secret.url)).rejects.toThrow("not a public address (loopback)");
  expect(await closed.test(inside.webhook_id, undefined)).toMatchObject({
    success: false,
    error: expect.stringMatching(/^localhost leads to (127\.0\.0\.1|::1), which is not a public address/),
  });
  await webhooks.store.delete(inside.webhook_id, "me");
  await register("m");
  await eventually(() => expect(moving.received).toHaveLength(2));
  await finished(webhooks);
  expect(secret.received).toEqual([]);
  const { deliveries } = await webhooks.history.list(moved.webhook_id, { limit: 10 });
  expect(deliveries).toMatchObject([{ state: "dead", attempts: 2, status: 307 }]);
});

test("secrets are sealed in the database, and opened only with the same key", async () => {
  const target = await receiver();
  const webhooks = await open({}, false);
  const { webhook_id } = await hook(webhooks, target.url, webhookEvents, "hunter2-hunter2");
  const { rows } = await opened.db
    .selectFrom("webhooks")
    .selectAll()
    .execute()
    .then((all) => ({ rows: all }));
  expect(JSON.stringify(rows)).not.toContain("hunter2");
  expect(await webhooks.store.get(webhook_id)).not.toHaveProperty("secret");
  const otherKey = join(folder, "other-key");
  await writeFile(otherKey, randomBytes(32).toString("base64url"), { mode: 0o600 });
  const other = await open({ sealKeyFile: otherKey }, false);
  await expect(other.test(webhook_id, undefined)).rejects.toThrow("set the secret again");
  const keyless = await open({ sealKeyFile: undefined }, false);
  await expect(hook(keyless, target.url, webhookEvents, "s")).rejects.toThrow("webhooks.sealKeyFile");
});

test("closing breaks off what is in flight, and the next start sends it again under its id", async () => {
  const hanging = await receiver((_received, reply) => {
    if (hanging.received.length > 1) reply.end();
  });
  const webhooks = await open({ timeoutMs: 60_000 }, false);
  const first = webhooks.start(vi.fn());
  await hook(webhooks, hanging.url);
  await register("m");
  await eventually(() => expect(hanging.received).toHaveLength(1));
  await first.close();
  closers.push(webhooks.start(vi.fn()).close);
  await eventually(() => expect(hanging.received).toHaveLength(2));
  await finished(webhooks);
  const [a, b] = hanging.received.map(({ headers }) => headers["x-mlflow-delivery-id"]);
  expect(a).toBe(b);
});

test("finished deliveries are forgotten after their time", async () => {
  const target = await receiver();
  const webhooks = await open({ retentionMs: 1 });
  const { webhook_id } = await hook(webhooks, target.url);
  await register("m");
  await eventually(() => expect(target.received).toHaveLength(1));
  await finished(webhooks);
  await wait(5);
  await open({ retentionMs: 1 });
  await eventually(async () =>
    expect((await webhooks.history.list(webhook_id, { limit: 10 })).deliveries).toEqual([]),
  );
});
