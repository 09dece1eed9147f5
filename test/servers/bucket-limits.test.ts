import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { ObjectStoreConnection } from "@bedplate/contract";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openObjectStore } from "../../runtime/src/store/object-store.ts";
import { bucketLimits } from "./buckets.ts";

const digest = "ab".repeat(32);
const limits = { ...bucketLimits, connectTimeoutMs: 300, idleTimeoutMs: 300, attempts: 2 };
let server: Server | undefined;
let folder: string;
let credentialsFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-silent-store-"));
  credentialsFile = join(folder, "keys.json");
  await writeFile(credentialsFile, '{"accessKeyId": "some-key", "secretAccessKey": "some-secret"}', {
    mode: 0o600,
  });
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A store on loopback that behaves as told, and the connection of each kind to it. */
async function listen(behave: Parameters<typeof createServer>[1]) {
  server = createServer(behave);
  const opened = server;
  await new Promise<void>((resolve) => opened.listen(0, "127.0.0.1", resolve));
  const address = opened.address();
  if (address === null || typeof address === "string") throw new Error("a port was asked for");
  return `http://127.0.0.1:${address.port}`;
}

const kinds = {
  s3: (endpoint: string): ObjectStoreConnection => ({
    kind: "s3",
    endpoint,
    region: "us-east-1",
    bucket: "bucket",
    prefix: "",
    pathStyle: true,
    credentialsFile,
  }),
  gcs: (endpoint: string): ObjectStoreConnection => ({ kind: "gcs", endpoint, bucket: "bucket", prefix: "" }),
};

for (const kind of ["s3", "gcs"] as const) {
  test(`a store of ${kind} that never answers is given up after its time and its attempts`, async () => {
    let asked = 0;
    const store = await openObjectStore(kinds[kind](await listen(() => void asked++)), limits);
    await expect(store.open(digest)).rejects.toThrow();
    expect(asked).toBe(limits.attempts);
    store.close();
  });

  test(`a store of ${kind} that falls silent in the midst of an object breaks the download off`, async () => {
    const endpoint = await listen((_, reply) => {
      reply.writeHead(200, { "content-length": 1_000 });
      reply.write("the first bytes");
    });
    const store = await openObjectStore(kinds[kind](endpoint), limits);
    await expect(store.open(digest).then(buffer)).rejects.toThrow();
    store.close();
  });
}
