import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ObjectStore } from "../../runtime/src/domain/object-store.ts";
import { openObjectStore } from "../../runtime/src/store/object-store.ts";
import { type BucketServer, bucketKinds, bucketLimits, startBuckets } from "./buckets.ts";

const mebibyte = 1024 * 1024;
const limit = 1024 * mebibyte;
const digestOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

function streamOf(bytes: Buffer): Readable {
  const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) =>
    bytes.subarray(at * 65_536, (at + 1) * 65_536),
  );
  return Readable.from(chunks);
}

for (const { kind, title, lacking } of bucketKinds) {
  describe.skipIf(lacking)(title, () => objectsIn(kind));
}

function objectsIn(kind: "s3" | "gcs") {
  let server: BucketServer;
  let store: ObjectStore;
  let next = 0;
  beforeAll(async () => {
    server = await startBuckets(kind);
  });
  afterAll(() => server?.stop());
  beforeEach(async ({ onTestFinished }) => {
    store = await openObjectStore(await server.make(`bucket-${++next}`, "team/objects"), bucketLimits);
    onTestFinished(() => store.close());
  });
  const keys = () => server.list(`bucket-${next}`);

  async function put(bytes: Buffer): Promise<string> {
    const received = await store.receive(streamOf(bytes), limit);
    await received.publish();
    await received.discard();
    return received.digest;
  }

  test("objects of every size are kept under their digest, come back whole and in part, and leave nothing else", async () => {
    for (const size of [0, 1, 5_000, mebibyte, mebibyte + 1, 9 * mebibyte, 21 * mebibyte + 7]) {
      const bytes = randomBytes(size);
      const digest = await put(bytes);
      expect(digest).toBe(digestOf(bytes));
      expect(await store.has(digest)).toBe(true);
      expect(digestOf(await buffer(await store.open(digest)))).toBe(digest);
      if (size > 10) {
        const part = await buffer(await store.open(digest, { start: size - 7, end: size - 3 }));
        expect(part).toEqual(bytes.subarray(size - 7, size - 2));
      }
      expect(await keys()).toEqual([`team/objects/sha256/${digest.slice(0, 2)}/${digest}`]);
      await store.remove(digest);
      await expect(store.open(digest)).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
  });

  test("an upload that breaks off or is too large leaves nothing, however far it came", async () => {
    for (const size of [100, 2 * mebibyte, 20 * mebibyte]) {
      const broken = Readable.from(
        (async function* () {
          for (let sent = 0; sent < size; sent += 65_536) yield Buffer.alloc(65_536);
          throw new Error("connection lost");
        })(),
      );
      await expect(store.receive(broken, limit)).rejects.toThrow("connection lost");
      await expect(store.receive(streamOf(randomBytes(size)), size - 1)).rejects.toMatchObject({
        code: "BODY_TOO_LARGE",
      });
    }
    expect(await keys()).toEqual([]);
  });

  test("a client that was sent to the store reads and writes there, and the store's word is not taken for the digest", async () => {
    const { direct } = store;
    if (direct === undefined) throw new Error("a bucket is reached directly");
    const digest = await put(Buffer.from("hello"));
    const download = await direct.download(digest, "greeting.txt", "text/plain", 60);
    const answer = await fetch(download.url);
    expect(await answer.text()).toBe("hello");
    if (server.minds)
      expect(answer.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''greeting.txt");
    const upload = await direct.upload("some-id", 60);
    expect(await direct.adopt("some-id", limit)).toBeNull();
    expect((await fetch(upload.url, { method: "PUT", body: "direct" })).status).toBe(200);
    const forged = upload.url.replace("some-id", "other-id");
    if (server.minds) expect((await fetch(forged, { method: "PUT", body: "x" })).status).toBe(403);
    const adopted = await direct.adopt("some-id", limit);
    expect(adopted).toMatchObject({ digest: digestOf(Buffer.from("direct")), size: 6 });
    await adopted?.publish();
    await adopted?.discard();
    expect((await buffer(await store.open(adopted?.digest ?? ""))).toString()).toBe("direct");
  });

  test("what a killed process left is swept when it is old", async () => {
    await store.receive(streamOf(randomBytes(2 * mebibyte)), limit);
    expect(await store.sweep(Date.now() - 60_000)).toBe(0);
    expect(await store.sweep(Date.now() + 60_000)).toBe(1);
    expect(await keys()).toEqual([]);
  });

  test("equal bytes may be published again, by many at once", async () => {
    for (const size of [10, 2 * mebibyte]) {
      const bytes = randomBytes(size);
      const [digest = ""] = await Promise.all([put(bytes), put(bytes), put(bytes)]);
      expect(await put(bytes)).toBe(digest);
      expect(digestOf(await buffer(await store.open(digest)))).toBe(digest);
      await store.remove(digest);
    }
    expect(await keys()).toEqual([]);
  });

  test("a download that is left early breaks off no other", async () => {
    const bytes = randomBytes(20 * mebibyte);
    const digest = await put(bytes);
    const [left, kept] = await Promise.all([store.open(digest), store.open(digest)]);
    for await (const _ of left) break;
    expect(digestOf(await buffer(kept))).toBe(digest);
  });
}
