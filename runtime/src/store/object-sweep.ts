import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import type { Bucket } from "./object-bucket-client.ts";

/** Removes uploads that never became an object: whole ones that were not published, and halves of others. */
export async function sweepBucket(bucket: Bucket, before: number): Promise<number> {
  return (await sweepObjects(bucket, before)) + (await sweepHalves(bucket, before));
}

async function sweepObjects({ client, name: Bucket, incomingKey }: Bucket, before: number): Promise<number> {
  let swept = 0;
  for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix: incomingKey("") })) {
    for (const { Key, LastModified } of page.Contents ?? []) {
      if (LastModified === undefined || LastModified.getTime() >= before) continue;
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
      swept += 1;
    }
  }
  return swept;
}

async function sweepHalves({ client, name: Bucket, incomingKey }: Bucket, before: number): Promise<number> {
  let swept = 0;
  const { Uploads = [] } = await client.send(
    new ListMultipartUploadsCommand({ Bucket, Prefix: incomingKey("") }),
  );
  for (const { Key, UploadId, Initiated } of Uploads) {
    if (Initiated === undefined || Initiated.getTime() >= before) continue;
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    swept += 1;
  }
  return swept;
}
