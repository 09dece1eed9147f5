import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { connectBucket } from "../../runtime/src/store/object-bucket-client.ts";
import { copyObject } from "../../runtime/src/store/object-copy.ts";
import { openObjectStore } from "../../runtime/src/store/object-store.ts";
import { bucketLimits, startBuckets } from "./buckets.ts";

const mebibyte = 1024 * 1024;

test("what is too large for one copy is copied in parts", async () => {
  const server = await startBuckets("s3");
  try {
    const connection = await server.make("copies");
    if (connection.kind !== "s3") throw new Error("S3 was asked for");
    const bucket = await connectBucket(connection, bucketLimits);
    const Body = randomBytes(12 * mebibyte);
    await bucket.client.send(new PutObjectCommand({ Bucket: "copies", Key: "first", Body }));
    await copyObject(bucket, "first", "second", Body.length, { whole: 5 * mebibyte, part: 5 * mebibyte });
    expect(await server.list("copies")).toEqual(["first", "second"]);
    bucket.client.destroy();
  } finally {
    await server.stop();
  }
});

test("keys that others may read, or that are none, are refused without being shown", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-keys-"));
  const credentialsFile = join(folder, "keys.json");
  const open = () =>
    openObjectStore(
      { kind: "s3", region: "us-east-1", bucket: "bucket", prefix: "", pathStyle: true, credentialsFile },
      bucketLimits,
    );
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
