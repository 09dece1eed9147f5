import { mkdtemp, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openObjectFolder } from "./object-folder.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "bedplate-objects-"));
});
afterEach(() => rm(root, { recursive: true }));

const helloDigest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

test("an object is stored under the SHA-256 of its bytes and comes back whole or in part", async () => {
  const store = await openObjectFolder(root);
  const received = await store.receive(Readable.from(["hel", "lo"].map(Buffer.from)), 100);
  expect(received).toMatchObject({ digest: helloDigest, size: 5 });
  expect(await store.has(helloDigest)).toBe(false);
  await received.publish();
  await received.discard();
  expect(await text(await store.open(helloDigest))).toBe("hello");
  expect(await text(await store.open(helloDigest, { start: 1, end: 3 }))).toBe("ell");
  expect(await store.has(helloDigest)).toBe(true);
  expect(await readdir(join(root, "incoming"))).toEqual([]);
});

test("a link in an object's place is not followed", async () => {
  const store = await openObjectFolder(join(root, "store"));
  await (await store.receive(Readable.from([Buffer.from("hello")]), 100)).publish();
  const place = join(root, "store", "sha256", helloDigest.slice(0, 2), helloDigest);
  await writeFile(join(root, "secret"), "hello");
  await rm(place);
  await symlink(join(root, "secret"), place);
  await expect(store.open(helloDigest)).rejects.toMatchObject({ code: "ARTIFACT_CORRUPT" });
});

test("an object that is being read stays readable when it is removed", async () => {
  const store = await openObjectFolder(root);
  await (await store.receive(Readable.from([Buffer.from("hello")]), 100)).publish();
  const reading = await store.open(helloDigest);
  await store.remove(helloDigest);
  expect(await text(reading)).toBe("hello");
  await expect(store.open(helloDigest)).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("an object over the limit is refused and leaves nothing behind", async () => {
  const store = await openObjectFolder(root);
  await expect(store.receive(Readable.from([Buffer.alloc(11)]), 10)).rejects.toMatchObject({
    code: "BODY_TOO_LARGE",
  });
  expect(await readdir(join(root, "incoming"))).toEqual([]);
});

test("an upload that breaks off leaves nothing behind", async () => {
  const store = await openObjectFolder(root);
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from("half");
      throw new Error("connection lost");
    })(),
  );
  await expect(store.receive(broken, 100)).rejects.toThrow("connection lost");
  expect(await readdir(join(root, "incoming"))).toEqual([]);
});

test("what a killed process left is swept when it is old, and what is under way is not", async () => {
  const store = await openObjectFolder(root);
  for (const name of ["old", "new"]) await writeFile(join(root, "incoming", name), "half");
  await utimes(join(root, "incoming", "old"), 1, 1);
  expect(await store.sweep(Date.now() - 60_000)).toBe(1);
  expect(await readdir(join(root, "incoming"))).toEqual(["new"]);
});

test("a digest that is none is not found, whatever it is", async () => {
  const store = await openObjectFolder(root);
  for (const digest of ["", "../../etc/passwd", "A".repeat(64), `${helloDigest}0`]) {
    await expect(async () => store.open(digest)).rejects.toMatchObject({ code: "NOT_FOUND" });
  }
});
