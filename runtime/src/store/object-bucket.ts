import { Readable } from "node:stream";
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import type { BucketLimits } from "@bedplate/contract";
import type { ByteRange, ObjectStore } from "../domain/object-store.ts";
import { type Bucket, type BucketConnection, connectBucket } from "./object-bucket-client.ts";
import { uploadPlace } from "./object-bucket-upload.ts";
import { createDirectAccess } from "./object-direct.ts";
import { checkDigest, passing, wordAbsence } from "./object-meter.ts";
import { receiveObject } from "./object-receive.ts";
import { sweepBucket } from "./object-sweep.ts";

/**
 * Keeps objects in an S3 bucket: `<prefix>/sha256/<first two digits>/<digest>`. A larger upload goes to
 * `<prefix>/incoming/<id>` while it is hashed, and is copied to its address inside the store.
 */
export async function openObjectBucket(
  connection: BucketConnection,
  limits: BucketLimits,
): Promise<ObjectStore> {
  const bucket = await connectBucket(connection, limits);
  return {
    receive: (content, limitBytes) => receiveObject(uploadPlace(bucket, limitBytes), content, limitBytes),
    open: (digest, range) => openKey(bucket, bucket.keyOf(checkDigest(digest)), range),
    has: (digest) => hasKey(bucket, bucket.keyOf(checkDigest(digest))),
    async remove(digest) {
      const Key = bucket.keyOf(checkDigest(digest));
      await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key }));
    },
    sweep: (before) => sweepBucket(bucket, before),
    direct: createDirectAccess(bucket),
    close: () => bucket.client.destroy(),
  };
}

async function hasKey({ client, name: Bucket }: Bucket, Key: string): Promise<boolean> {
  try {
    await client.send(new HeadObjectCommand({ Bucket, Key }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return false;
    throw error;
  }
}

async function openKey(
  { client, name: Bucket }: Bucket,
  Key: string,
  range: ByteRange | undefined,
): Promise<Readable> {
  const Range = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` };
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...Range }));
    if (Body instanceof Readable) return passing(Body);
    throw new Error("the object store answered without a body");
  } catch (error) {
    throw wordAbsence(error);
  }
}
