import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settings as schema } from "@bedplate/contract";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openWebhooks } from "../../runtime/src/events/webhooks.ts";
import { createMetrics } from "../../runtime/src/ops/metrics.ts";
import { openDatabase } from "../../runtime/src/store/database.ts";
import { announce } from "../../runtime/src/store/outbox.ts";
import { openReceiver } from "../../runtime/testing/receiver.ts";
import { type PostgresServer, startPostgres } from "../../tools/peers/postgres.ts";

const replicas = 3;
const models = 6;
const changes = 40;

let server: PostgresServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-webhooks-"));
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function openReplica(urlFile: string) {
  const { db, close } = await openDatabase({ kind: "postgres", urlFile, poolSize: 8 });
  const settings = {
    webhooks: schema.shape.webhooks.parse({ allowedHosts: "127.0.0.1" }),
    events: schema.shape.events.parse({ pollIntervalMs: 5, batchSize: 7 }),
    release: "0.0.0",
  };
  const webhooks = await openWebhooks({ db, settings, clock: Date.now, metrics: createMetrics() });
  const delivery = webhooks.start(vi.fn());
  return { db, webhooks, close: () => delivery.close().then(close) };
}

test("replicas share the deliveries: each is made once, and those of a model in order", async () => {
  const urlFile = join(folder, "url");
  await writeFile(urlFile, await server.createDatabase("webhooks"), { mode: 0o600 });
  const opened = await Promise.all(Array.from({ length: replicas }, () => openReplica(urlFile)));
  const receiver = await openReceiver();
  const [first] = opened;
  if (first === undefined) throw new Error("no replica");
  const hook = { name: "it", description: "", url: receiver.url, secret: "", status: "ACTIVE" } as const;
  await first.webhooks.store.create({ ...hook, events: ["model_version_tag.set"] }, "me");
  await Promise.all(
    Array.from({ length: models }, async (_, model) => {
      const subject = `m${model}`;
      for (let at = 0; at < changes; at++) {
        const data = { model: subject, version: 1, key: String(at), value: "" };
        const type = "dev.bedplate.model-version.tag-set";
        await first.db
          .transaction()
          .execute((trx) => announce(trx, { type, subject, actor: "me", time: Date.now(), data }));
      }
    }),
  );
  await vi.waitFor(() => expect(receiver.received).toHaveLength(models * changes), 60_000);
  await vi.waitFor(async () => expect(await first.webhooks.countPending()).toBe(0), 60_000);
  for (const replica of opened) await replica.close();
  await receiver.close();
  expect(receiver.received).toHaveLength(models * changes);
  for (let model = 0; model < models; model++) {
    const keys = receiver.received
      .map(({ text }) => JSON.parse(text).data as { name: string; key: string })
      .filter(({ name }) => name === `m${model}`)
      .map(({ key }) => Number(key));
    expect(keys).toEqual(Array.from({ length: changes }, (_, at) => at));
  }
});
