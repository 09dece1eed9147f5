import { DeleteObjectCommand, PutObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import type { BucketLimits } from "@bedplate/contract";
import type { AnchorBucket } from "./audit-anchor-bucket.ts";
import { type BucketConnection, connectBucket } from "./object-bucket-client.ts";

/** A bucket of S3 as anchors need it. */
export async function openAnchorBucketS3(
  connection: BucketConnection,
  limits: BucketLimits,
): Promise<AnchorBucket> {
  const { client, name: Bucket } = await connectBucket(connection, limits);
  return {
    async *keys(Prefix) {
      for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
      }
    },
    async put(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: "application/json" }));
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    close: () => client.destroy(),
  };
}
