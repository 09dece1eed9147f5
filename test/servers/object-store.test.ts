import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { ListMultipartUploadsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ObjectStore } from "../../runtime/src/domain/object-store.ts";
import { type Bucket, connectBucket } from "../../runtime/src/store/object-bucket-client.ts";
import { copyObject } from "../../runtime/src/store/object-copy.ts";
import { openObjectStore } from "../../runtime/src/store/object-store.ts";
import { type S3Server, startS3Server } from "../../tools/peers/s3-server.ts";

let server: S3Server;
let store: ObjectStore;
let bucket: Bucket;
let next = 0;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.stop());
beforeEach(async ({ onTestFinished }) => {
  const name = `bucket-${next++}`;
  server.createBucket(name);
  const connection = {
    kind: "s3" as const,
    endpoint: server.endpoint,
    region: "us-east-1",
    bucket: name,
    prefix: "team/objects",
    pathStyle: true,
    credentialsFile: server.credentialsFile,
  };
  store = await openObjectStore(connection);
  bucket = await connectBucket(connection);
  onTestFinished(() => {
    store.close();
    bucket.client.destroy();
  });
});

const mebibyte = 1024 * 1024;
const limit = 1024 * mebibyte;
const digestOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

function streamOf(bytes: Buffer): Readable {
  const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) =>
    bytes.subarray(at * 65_536, (at + 1) * 65_536),
  );
  return Readable.from(chunks);
}

async function keys(): Promise<readonly string[]> {
  const { Contents = [] } = await bucket.client.send(new ListObjectsV2Command({ Bucket: bucket.name }));
  return Contents.flatMap(({ Key }) => (Key === undefined || Key.endsWith("/") ? [] : [Key]));
}

async function halves(): Promise<number> {
  const { Uploads = [] } = await bucket.client.send(new ListMultipartUploadsCommand({ Bucket: bucket.name }));
  return Uploads.length;
}

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
  expect(await halves()).toBe(0);
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
  expect(await halves()).toBe(0);
});

test("what is too large for one copy is copied in parts", async () => {
  const bytes = randomBytes(12 * mebibyte);
  const digest = await put(bytes);
  const limits = { whole: 5 * mebibyte, part: 5 * mebibyte };
  await copyObject(bucket, bucket.keyOf(digest), "copy", bytes.length, limits);
  expect(await keys()).toContain("copy");
});

test("a client that was sent to the store reads and writes there, and the store's word is not taken for the digest", async () => {
  const { direct } = store;
  if (direct === undefined) throw new Error("an S3 store is reached directly");
  const digest = await put(Buffer.from("hello"));
  const download = await direct.download(digest, "greeting.txt", "text/plain", 60);
  const answer = await fetch(download.url);
  expect(await answer.text()).toBe("hello");
  expect(answer.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''greeting.txt");
  const upload = await direct.upload("some-id", 60);
  expect(await direct.adopt("some-id", limit)).toBeNull();
  expect((await fetch(upload.url, { method: "PUT", body: "direct" })).status).toBe(200);
  expect((await fetch(upload.url.replace("some-id", "other-id"), { method: "PUT", body: "x" })).status).toBe(
    403,
  );
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

test("keys that others may read, or that are none, are refused without being shown", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-keys-"));
  const credentialsFile = join(folder, "keys.json");
  const open = () =>
    openObjectStore({
      kind: "s3",
      region: "us-east-1",
      bucket: "bucket",
      prefix: "",
      pathStyle: true,
      credentialsFile,
    });
  try {
    await expect(open()).rejects.toThrow("ENOENT");
    await writeFile(credentialsFile, "AKIA-secret", { mode: 0o644 });
    await expect(open()).rejects.toThrow("chmod 600");
    await chmod(credentialsFile, 0o600);
    await expect(open()).rejects.toThrow(/must be JSON/);
    await expect(open()).rejects.not.toThrow(/AKIA/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
