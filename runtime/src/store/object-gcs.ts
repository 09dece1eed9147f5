import type { BucketLimits } from "@bedplate/contract";
import type { DirectAccess, ObjectStore } from "../domain/object-store.ts";
import { connectGcs, type GcsBucket, type GcsConnection } from "./object-gcs-client.ts";
import { readGcs } from "./object-gcs-read.ts";
import { gcsUploadPlace, incomingGcsObject } from "./object-gcs-upload.ts";
import { checkDigest, measured, noSuchObject, passing } from "./object-meter.ts";
import { receiveObject } from "./object-receive.ts";

/** Keeps objects in a bucket of Google Cloud Storage, laid out as in one of S3. */
export async function openObjectGcs(connection: GcsConnection, limits: BucketLimits): Promise<ObjectStore> {
  const store = await connectGcs(connection, limits);
  const { bucket, keyOf } = store;
  const fileOf = (digest: string) => bucket.file(keyOf(checkDigest(digest)));
  return {
    receive: (content, limitBytes) => receiveObject(gcsUploadPlace(store), content, limitBytes),
    async open(digest, range) {
      const content = await readGcs(store, keyOf(checkDigest(digest)), range);
      if (content === null) throw noSuchObject();
      return passing(content);
    },
    async has(digest) {
      const [there] = await fileOf(digest).exists();
      return there;
    },
    async remove(digest) {
      await fileOf(digest).delete({ ignoreNotFound: true });
    },
    sweep: (before) => sweepIncoming(store, before),
    direct: gcsDirectAccess(store),
    close: () => {},
  };
}

/** Halves of uploads are no objects: Google forgets them after a week. */
async function sweepIncoming({ keys, incomingKey }: GcsBucket, before: number): Promise<number> {
  let swept = 0;
  for await (const file of keys(incomingKey(""))) {
    const made = file.metadata.timeCreated;
    if (made === undefined || Date.parse(made) >= before) continue;
    await file.delete({ ignoreNotFound: true });
    swept += 1;
  }
  return swept;
}

/** Signed addresses (V4): each for one object and one verb, until its time is over. */
function gcsDirectAccess(store: GcsBucket): DirectAccess {
  const { bucket, keyOf, incomingKey } = store;
  const until = (seconds: number) => ({ version: "v4" as const, expires: Date.now() + seconds * 1000 });
  return {
    async download(digest, name, contentType, seconds) {
      const [url] = await bucket.file(keyOf(checkDigest(digest))).getSignedUrl({
        ...until(seconds),
        action: "read",
        responseType: contentType,
        responseDisposition: `attachment; filename*=UTF-8''${name}`,
      });
      return { url, headers: {} };
    },
    async upload(id, seconds) {
      const [url] = await bucket.file(incomingKey(id)).getSignedUrl({ ...until(seconds), action: "write" });
      return { url, headers: {} };
    },
    async adopt(id, limitBytes) {
      const content = await readGcs(store, incomingKey(id));
      return content && incomingGcsObject(store, incomingKey(id), await measured(content, limitBytes));
    },
  };
}
