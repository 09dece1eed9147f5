import { randomUUID } from "node:crypto";
import { pipeline } from "node:stream/promises";
import type { ReceivedObject, StoredObject } from "../domain/object-store.ts";
import type { GcsBucket } from "./object-gcs-client.ts";
import type { UploadPlace } from "./object-receive.ts";

/** A resumable upload sends so much at a time and keeps it until it has arrived: the memory that one upload needs. */
const chunkBytes = 8 * 1024 * 1024;

/** Where uploads go in a bucket of Google Cloud Storage. */
export function gcsUploadPlace(store: GcsBucket): UploadPlace {
  const { bucket, keyOf, incomingKey } = store;
  return {
    hold: (body, stored) => ({
      ...stored,
      publish: () =>
        onceThere(bucket.file(keyOf(stored.digest)).save(body, { ...plain, resumable: false, ...ifAbsent })),
      discard: async () => {},
    }),
    async stream(body) {
      const key = incomingKey(randomUUID());
      await pipeline(
        body,
        bucket.file(key).createWriteStream({ ...plain, resumable: true, chunkSize: chunkBytes }),
      );
      return key;
    },
    incoming: (key, stored) => incomingGcsObject(store, key, stored),
  };
}

/** The digest guards our bytes; Google's checksum would cost a second reading in JavaScript. */
const plain = { validation: false, contentType: "application/octet-stream" } as const;
const ifAbsent = { preconditionOpts: { ifGenerationMatch: 0 } } as const;

/** An object that lies at a place of its own and is copied to its address inside the store. */
export function incomingGcsObject(
  { bucket, keyOf }: GcsBucket,
  key: string,
  stored: StoredObject,
): ReceivedObject {
  const file = bucket.file(key);
  return {
    ...stored,
    publish: () => onceThere(file.copy(bucket.file(keyOf(stored.digest)), ifAbsent)),
    async discard() {
      await file.delete({ ignoreNotFound: true });
    },
  };
}

/** Google takes one write of an object a second, so what lies there already is not written again. */
async function onceThere(written: Promise<unknown>): Promise<void> {
  try {
    await written;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === 412)) throw error;
  }
}
