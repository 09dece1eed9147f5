import { Readable } from "node:stream";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { DirectAccess } from "../domain/object-store.ts";
import type { Bucket } from "./object-bucket-client.ts";
import { incomingObject } from "./object-bucket-upload.ts";
import { checkDigest, measured } from "./object-meter.ts";

/** Addresses that S3 itself answers: each for one object and one verb, until its time is over. */
export function createDirectAccess(bucket: Bucket): DirectAccess {
  const { client, name: Bucket, keyOf, incomingKey } = bucket;
  return {
    async download(digest, name, contentType, seconds) {
      const get = new GetObjectCommand({
        Bucket,
        Key: keyOf(checkDigest(digest)),
        ResponseContentType: contentType,
        ResponseContentDisposition: `attachment; filename*=UTF-8''${name}`,
      });
      return { url: await getSignedUrl(client, get, { expiresIn: seconds }), headers: {} };
    },
    async upload(id, seconds) {
      const put = new PutObjectCommand({ Bucket, Key: incomingKey(id) });
      return { url: await getSignedUrl(client, put, { expiresIn: seconds }), headers: {} };
    },
    async adopt(id, limitBytes) {
      const Key = incomingKey(id);
      const content = await openIncoming(bucket, Key);
      if (content === null) return null;
      return incomingObject(bucket, Key, await measured(content, limitBytes));
    },
  };
}

async function openIncoming({ client, name: Bucket }: Bucket, Key: string): Promise<Readable | null> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return Body instanceof Readable ? Body : null;
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchKey") return null;
    throw error;
  }
}
