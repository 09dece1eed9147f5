import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { ReceivedObject, StoredObject } from "../domain/object-store.ts";
import type { Bucket } from "./object-bucket-client.ts";
import { copyObject } from "./object-copy.ts";
import { metered } from "./object-meter.ts";

/** Bytes up to which an object is held in memory, so that it is written once, under its address. */
const inlineBytes = 1024 * 1024;
/** S3 takes at most so many parts of one upload. */
const partLimit = 10_000;
const partBytes = 8 * 1024 * 1024;
/** Parts that travel at once: with `partBytes` the memory that one upload needs. */
const partsInFlight = 2;

/** Small objects wait in memory for their address; larger ones stream to a place of their own. */
export async function receiveObject(
  bucket: Bucket,
  content: Readable,
  limitBytes: number,
): Promise<ReceivedObject> {
  const meter = metered(limitBytes);
  const flow = pipeline(content, meter.through);
  // Its failure also ends the reading of `through`, which is where it is met.
  flow.catch(() => {});
  const head: Buffer[] = [];
  let held = 0;
  for await (const chunk of meter.through.iterator({ destroyOnReturn: false })) {
    head.push(chunk as Buffer);
    held += (chunk as Buffer).length;
    if (held > inlineBytes) break;
  }
  if (held <= inlineBytes) return inMemory(bucket, Buffer.concat(head), meter.result());
  const Key = bucket.incomingKey(randomUUID());
  const Body = Readable.from(joined(head, meter.through), { objectMode: false });
  try {
    await new Upload({
      client: bucket.client,
      params: { Bucket: bucket.name, Key, Body },
      queueSize: partsInFlight,
      partSize: Math.max(partBytes, Math.ceil(limitBytes / partLimit)),
    }).done();
    await flow;
  } catch (error) {
    meter.through.destroy();
    throw error;
  }
  return incomingObject(bucket, Key, meter.result());
}

async function* joined(head: Buffer[], rest: Readable): AsyncGenerator<Buffer> {
  yield* head.splice(0);
  for await (const chunk of rest) yield chunk as Buffer;
}

function inMemory(
  { client, name: Bucket, keyOf }: Bucket,
  Body: Buffer,
  stored: StoredObject,
): ReceivedObject {
  return {
    ...stored,
    async publish() {
      await client.send(new PutObjectCommand({ Bucket, Key: keyOf(stored.digest), Body }));
    },
    discard: async () => {},
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
