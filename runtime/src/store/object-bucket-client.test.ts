import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { openObjectBucket } from "./object-bucket.ts";

const limits = { connectTimeoutMs: 1_000, idleTimeoutMs: 5_000, attempts: 3, connectionLimit: 2 };

/** A bucket that refuses the first so many calls, as one does that somebody else changes. */
async function bucketWith(conflicts: number, status = 409) {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-conflicts-"));
  const credentialsFile = join(folder, "keys");
  await writeFile(credentialsFile, JSON.stringify({ accessKeyId: "a", secretAccessKey: "b" }), {
    mode: 0o600,
  });
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()).toString());
    const isRefused = bodies.length <= conflicts;
    response.writeHead(isRefused ? status : 200, { "content-type": "application/xml" });
    response.end(
      isRefused ? "<Error><Code>OperationAborted</Code><Message>a conflict</Message></Error>" : "",
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const reach = { region: "us-east-1", pathStyle: true, credentialsFile, bucket: "b", prefix: "" };
  const bucket = await openObjectBucket(
    { kind: "s3", endpoint: `http://127.0.0.1:${port}`, ...reach },
    limits,
  );
  onTestFinished(async () => {
    bucket.close();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const put = async () => {
    const received = await bucket.receive(Readable.from([Buffer.from("bytes")]), 100);
    await received.publish();
  };
  return { put, bodies };
}

test("what is refused because others change the same is sent again, whole", async () => {
  const { put, bodies } = await bucketWith(2);
  await put();
  expect(bodies).toEqual(["bytes", "bytes", "bytes"]);
});

test("no more often than the setting says", async () => {
  const { put, bodies } = await bucketWith(3);
  await expect(put()).rejects.toThrow("a conflict");
  expect(bodies).toHaveLength(3);
});

test("other refusals are not tried again", async () => {
  const { put, bodies } = await bucketWith(1, 403);
  await expect(put()).rejects.toThrow("a conflict");
  expect(bodies).toHaveLength(1);
});
