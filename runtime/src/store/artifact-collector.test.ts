import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { storms, unleash } from "../../testing/artifact-storm.ts";
import { openTestDatabase } from "../../testing/memory-database.ts";
import type { ObjectStore } from "../domain/object-store.ts";
import { createArtifactStores } from "./artifact-stores.ts";
import type { Database } from "./database.ts";
import { openObjectFolder } from "./object-folder.ts";

let root = "";
let opened: { readonly db: Database; readonly close: () => Promise<void> };
let objects: ObjectStore;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "bedplate-collector-"));
  objects = await openObjectFolder(root);
  opened = await openTestDatabase();
});
afterAll(async () => {
  await opened.close();
  await rm(root, { recursive: true });
});

const day = 24 * 3_600_000;
const bytes = (content: string) => Readable.from([Buffer.from(content)]);

function stores(now: { time: number }, count?: (gone: { objects: number; bytes: number }) => void) {
  const settings = {
    collectIntervalMs: 1,
    collectAfterMs: day,
    collectLimit: 100,
    uploadLifetimeMs: day,
    partLimit: 10,
    uploadLimit: 2,
    addressLifetimeMs: 1_000,
  };
  const clock = () => now.time;
  return createArtifactStores({
    db: opened.db,
    objects,
    settings: { artifacts: settings },
    clock,
    ...(count && { count }),
  });
}

test("bytes go when their last artifact has gone and their time is over, and not before", async () => {
  const now = { time: Date.now() };
  const counted: unknown[] = [];
  const { artifacts, collector } = stores(now, (gone) => counted.push(gone));
  const one = await artifacts.put("a/1", bytes("shared"), 100);
  await artifacts.put("a/2", bytes("shared"), 100);
  await artifacts.remove("a/1");
  now.time += 2 * day;
  expect(await collector.collect("tester")).toMatchObject({ objects: 0 });
  await artifacts.remove("a");
  await artifacts.put("a/3", bytes("shared"), 100);
  await artifacts.remove("a/3");
  expect(await collector.collect("tester")).toMatchObject({ objects: 0 });
  now.time += 2 * day;
  expect(await collector.collect("tester")).toEqual({ objects: 1, bytes: 6, uploads: 0 });
  expect(await objects.has(one.digest)).toBe(false);
  expect(counted).toEqual([{ objects: 1, bytes: 6 }]);
  const events = await opened.db.selectFrom("events").select(["type", "actor", "data"]).execute();
  expect(events).toContainEqual({
    type: "dev.bedplate.artifacts.collected",
    actor: "tester",
    data: { objects: 1, bytes: 6 },
  });
});

test("bytes that were collected come back when they are uploaded again", async () => {
  const now = { time: Date.now() };
  const { artifacts, collector } = stores(now);
  await artifacts.put("b", bytes("again"), 100);
  await artifacts.remove("b");
  now.time += 2 * day;
  await collector.collect("tester");
  expect(await text(await artifacts.open(await artifacts.put("b", bytes("again"), 100)))).toBe("again");
  await artifacts.remove("b");
});

test("an upload in parts becomes one artifact, and its parts do not wait for their age to be collected", async () => {
  const now = { time: Date.now() };
  const { artifacts, uploads, collector } = stores(now);
  const { id } = await uploads.begin({ path: "c", partCount: 3, createdBy: "tester" });
  const claims = [];
  for (const number of [2, 3, 1]) {
    const { digest } = await uploads.putPart(id, number, bytes(`part ${number};`), 100);
    claims.push({ number, digest });
  }
  claims.sort((a, b) => a.number - b.number);
  await expect(uploads.complete(id, "c", [...claims].reverse(), 100)).rejects.toThrow("out of order");
  await expect(uploads.complete(id, "other", claims, 100)).rejects.toThrow("another path");
  await Promise.all([uploads.complete(id, "c", claims, 100), uploads.complete(id, "c", claims, 100)]);
  await uploads.complete(id, "c", claims, 100);
  expect(await text(await artifacts.open(await artifacts.find("c")))).toBe("part 1;part 2;part 3;");
  expect(await collector.collect("tester")).toMatchObject({ objects: 3 });
  await artifacts.remove("c");
});

test("an upload that is given up, or that nobody ends in time, leaves nothing", async () => {
  const now = { time: Date.now() };
  const { uploads, collector } = stores(now);
  const abandoned = await uploads.begin({ path: "d", partCount: 1, createdBy: "tester" });
  await uploads.putPart(abandoned.id, 1, bytes("left lying"), 100);
  const aborted = await uploads.begin({ path: "e", partCount: 1, createdBy: "tester" });
  await uploads.putPart(aborted.id, 1, bytes("given up"), 100);
  await expect(uploads.begin({ path: "f", partCount: 1, createdBy: "tester" })).rejects.toMatchObject({
    code: "TOO_MANY_REQUESTS",
  });
  await uploads.abort(aborted.id, "e");
  await expect(uploads.putPart(aborted.id, 1, bytes("x"), 100)).rejects.toMatchObject({ code: "NOT_FOUND" });
  now.time += 3 * day;
  await collector.collect("tester");
  await collector.collect("tester");
  expect(await opened.db.selectFrom("uploads").selectAll().where("digest", "is", null).execute()).toEqual([]);
  const folders = await readdir(join(root, "sha256"));
  const left = await Promise.all(folders.map((folder) => readdir(join(root, "sha256", folder))));
  expect(left.flat()).toEqual([]);
});

test("whatever is put, removed and collected at once, nothing that an artifact names is lost", async () => {
  await fc.assert(
    fc.asyncProperty(storms, async (callers) => {
      const { expected, held, left } = await unleash(opened.db, objects, callers);
      expect(held).toEqual(expected);
      expect(left).toEqual([]);
    }),
    { numRuns: 15 },
  );
});
