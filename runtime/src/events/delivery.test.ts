import { setTimeout as wait } from "node:timers/promises";
import type { PlatformEvent } from "@bedplate/contract";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import { announce, countPending } from "../store/outbox.ts";
import { startDelivery } from "./delivery.ts";

let opened: Awaited<ReturnType<typeof openTestDatabase>>;
beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.db.deleteFrom("events").execute();
});

const settings = { pollIntervalMs: 5, batchSize: 10, retentionMs: 1_000_000 };
const register = (model: string) =>
  announce(opened.db, {
    type: "dev.bedplate.model.registered",
    subject: model,
    actor: "me",
    time: Date.now(),
    data: { model },
  });

test("events arrive in order, once each when nothing fails", async () => {
  const seen: string[] = [];
  for (let at = 0; at < 25; at++) await register(`m${at}`);
  const delivery = startDelivery(
    opened.db,
    [async (event) => void seen.push(event.subject)],
    settings,
    vi.fn(),
    Date.now,
  );
  await vi.waitFor(async () => expect(await countPending(opened.db)).toBe(0));
  await delivery.close();
  expect(seen).toEqual(Array.from({ length: 25 }, (_, at) => `m${at}`));
});

test("an event whose subscriber fails is reported, holds the later ones back and comes again", async () => {
  const seen: string[] = [];
  let failures = 2;
  const flaky = async (event: PlatformEvent) => {
    if (event.subject === "b" && failures-- > 0) throw new Error("not now");
    seen.push(event.subject);
  };
  for (const model of ["a", "b", "c"]) await register(model);
  const report = vi.fn();
  const delivery = startDelivery(opened.db, [flaky], settings, report, Date.now);
  await vi.waitFor(() => expect(seen).toEqual(["a", "b", "c"]));
  await delivery.close();
  expect(report).toHaveBeenCalledTimes(2);
});

test("an event of a transaction that was rolled back is never seen", async () => {
  const seen: string[] = [];
  const rolledBack = opened.db.transaction().execute(async (transaction) => {
    await announce(transaction, {
      type: "dev.bedplate.model.registered",
      subject: "ghost",
      actor: "me",
      time: 0,
      data: { model: "ghost" },
    });
    throw new Error("roll back");
  });
  await expect(rolledBack).rejects.toThrow("roll back");
  const delivery = startDelivery(
    opened.db,
    [async (event) => void seen.push(event.subject)],
    settings,
    vi.fn(),
    Date.now,
  );
  await wait(30);
  await delivery.close();
  expect(seen).toEqual([]);
});

const runEvent = {
  id: "r",
  type: "dev.bedplate.run.created",
  subject: "r",
  actor: "me",
  time: 0,
  data: JSON.stringify({ runId: "r", experimentId: "0" }),
};

test("delivered events are forgotten after the retention time, but none that webhooks still wait for", async () => {
  await register("waiting");
  await opened.db.insertInto("events").values(runEvent).execute();
  const later = () => Date.now() + 2 * settings.retentionMs;
  const delivery = startDelivery(opened.db, [], settings, vi.fn(), Date.now);
  await vi.waitFor(async () => expect(await countPending(opened.db)).toBe(0));
  await delivery.close();
  const cleaner = startDelivery(opened.db, [], settings, vi.fn(), later);
  await vi.waitFor(async () =>
    expect(await opened.db.selectFrom("events").select("subject").execute()).toEqual([
      { subject: "waiting" },
    ]),
  );
  await cleaner.close();
});
