import type { BucketLimits } from "@bedplate/contract";
import type { AnchorBucket } from "./audit-anchor-bucket.ts";
import { connectGcs, type GcsConnection } from "./object-gcs-client.ts";

/** A bucket of Google Cloud Storage as anchors need it. */
export async function openAnchorBucketGcs(
  connection: GcsConnection,
  limits: BucketLimits,
): Promise<AnchorBucket> {
  const { bucket, keys } = await connectGcs(connection, limits);
  return {
    async *keys(beginning) {
      for await (const { name } of keys(beginning)) yield name;
    },
    async put(key, json) {
      await bucket
        .file(key)
        .save(json, { resumable: false, validation: false, contentType: "application/json" });
    },
    async remove(key) {
      await bucket.file(key).delete({ ignoreNotFound: true });
    },
    close: () => {},
  };
}
