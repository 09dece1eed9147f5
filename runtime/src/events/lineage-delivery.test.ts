import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settings } from "@bedplate/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openReceiver, type Receiver } from "../../testing/receiver.ts";
import { startLineageDelivery } from "./lineage-delivery.ts";

const schema = settings.shape.lineage;
const pollIntervalMs = 5;

let folder = "";
let status = 200;
/** Answered once, before `status`. */
let first: number | null = null;
let receiver: Receiver;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-lineage-"));
  status = 200;
  first = null;
  receiver = await openReceiver((_received, reply) => {
    const said = first ?? status;
    first = null;
    reply.writeHead(said).end(`said ${said}`);
  });
});
afterEach(async () => {
  await receiver.close();
  await rm(folder, { recursive: true });
});

/** Events that wait, and what became of them. */
function outbox(count: number) {
  const waiting = Array.from({ length: count }, (_, at) => ({ sequence: at + 1, event: { at } }));
  const settled: [number, string | null][] = [];
  const forgotten: number[] = [];
  const lineage = {
    pending: async (limit: number) => waiting.slice(0, limit),
    async settle(sequence: number, refusal: string | null) {
      settled.push([sequence, refusal]);
      waiting.splice(
        waiting.findIndex((one) => one.sequence === sequence),
        1,
      );
    },
    async forget(before: number) {
      forgotten.push(before);
    },
  };
  return { lineage, settled, forgotten };
}

function start(box: ReturnType<typeof outbox>, own: object) {
  const errors: unknown[] = [];
  const delivery = startLineageDelivery({
    lineage: box.lineage,
    settings: schema.parse({ pollIntervalMs, ...own }),
    report: (error) => errors.push(error),
    clock: () => 1_000_000,
  });
  return { errors, close: delivery.close };
}

test("events go out in order, in batches, with the token of the file", async () => {
  const box = outbox(5);
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, "secret\n", { mode: 0o600 });
  const { errors, close } = start(box, { url: receiver.url, tokenFile, batchSize: 2 });
  await expect.poll(() => box.settled.length).toBe(5);
  await close();
  expect(receiver.received.map(({ text }) => JSON.parse(text).at)).toEqual([0, 1, 2, 3, 4]);
  expect(receiver.received.every(({ headers }) => headers.authorization === "Bearer secret")).toBe(true);
  expect(errors).toEqual([]);
});

test("what the receiver never takes is marked with its reason, and the next one goes out", async () => {
  const box = outbox(2);
  first = 422;
  const { errors, close } = start(box, { url: receiver.url });
  await expect.poll(() => box.settled.length).toBe(2);
  await close();
  expect(box.settled).toEqual([
    [1, "422 said 422"],
    [2, null],
  ]);
  expect(errors).toEqual([]);
});

test("a receiver that fails, or that sends elsewhere, holds the row up until it takes the event", async () => {
  const box = outbox(2);
  status = 503;
  const { errors, close } = start(box, { url: receiver.url, retryMaxMs: 20 });
  await expect.poll(() => errors.length).toBeGreaterThan(1);
  status = 302;
  await expect.poll(() => errors.map(String).some((error) => error.includes("302"))).toBe(true);
  expect(box.settled).toEqual([]);
  status = 200;
  await expect.poll(() => box.settled.length).toBe(2);
  await close();
  expect(String(errors[0])).toContain("the lineage endpoint answered 503 said 503");
  expect(receiver.received.at(-1)).toMatchObject({ text: '{"at":1}' });
});

test("each failure doubles the wait, up to the limit", async () => {
  const box = outbox(1);
  status = 500;
  const { errors, close } = start(box, { url: receiver.url, pollIntervalMs: 40, retryMaxMs: 100_000 });
  await expect.poll(() => errors.length, { timeout: 5_000 }).toBe(3);
  const tries = errors.length;
  // The fourth try comes 320 ms after the third.
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(errors.length).toBe(tries);
  await close();
});

test("closing breaks off a request that hangs, and says nothing of it", async () => {
  await receiver.close();
  receiver = await openReceiver(() => {});
  const box = outbox(1);
  const { errors, close } = start(box, { url: receiver.url });
  await expect.poll(() => receiver.received.length).toBe(1);
  await close();
  expect([errors, box.settled]).toEqual([[], []]);
});

test("without an endpoint nothing is sent, and old events are forgotten all the same", async () => {
  const box = outbox(1);
  const { close } = start(box, { retentionMs: 400_000 });
  await expect.poll(() => box.forgotten[0]).toBe(600_000);
  await close();
  expect([box.settled, receiver.received]).toEqual([[], []]);
});
