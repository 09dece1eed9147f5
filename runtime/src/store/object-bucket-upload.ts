import { randomUUID } from "node:crypto";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { ReceivedObject, StoredObject } from "../domain/object-store.ts";
import type { Bucket } from "./object-bucket-client.ts";
import { copyObject } from "./object-copy.ts";
import type { UploadPlace } from "./object-receive.ts";

/** S3 takes at most so many parts of one upload. */
const partLimit = 10_000;
const partBytes = 8 * 1024 * 1024;
/** Parts that travel at once: with `partBytes` the memory that one upload needs. */
const partsInFlight = 2;

/** Where uploads of at most so many bytes go in a bucket of S3. */
export function uploadPlace(bucket: Bucket, limitBytes: number): UploadPlace {
  const { client, name: Bucket, keyOf, incomingKey } = bucket;
  return {
    hold: (Body, stored) => ({
      ...stored,
      async publish() {
        await client.send(new PutObjectCommand({ Bucket, Key: keyOf(stored.digest), Body }));
      },
      discard: async () => {},
    }),
    async stream(Body) {
      const Key = incomingKey(randomUUID());
      await new Upload({
        client,
        params: { Bucket, Key, Body },
        queueSize: partsInFlight,
        partSize: Math.max(partBytes, Math.ceil(limitBytes / partLimit)),
      }).done();
      return Key;
    },
    incoming: (Key, stored) => incomingObject(bucket, Key, stored),
  };
}

/** An object that lies at a place of its own and is copied to its address inside the store. */
export function incomingObject(bucket: Bucket, Key: string, stored: StoredObject): ReceivedObject {
  return {
    ...stored,
    publish: () => copyObject(bucket, Key, bucket.keyOf(stored.digest), stored.size),
    async discard() {
      await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key }));
    },
  };
}
