import type { BucketLimits, ObjectStoreConnection } from "@bedplate/contract";
import type { AuditAnchors } from "../domain/audit-anchors.ts";
import { type AnchorBucket, keepAuditAnchors } from "./audit-anchor-bucket.ts";
import { openAuditAnchorFolder } from "./audit-anchor-folder.ts";
import type { BucketConnection } from "./object-bucket-client.ts";
import type { GcsConnection } from "./object-gcs-client.ts";

/** Opens the place for anchors in the object store of the connection; a bucket's client is only loaded where it is needed. */
export async function openAuditAnchors(
  connection: ObjectStoreConnection,
  limit: number,
  limits: BucketLimits,
): Promise<AuditAnchors> {
  if (connection.kind === "file") return await openAuditAnchorFolder(connection.path, limit);
  return keepAuditAnchors(await openBucket(connection, limits), connection.prefix, limit);
}

async function openBucket(
  connection: BucketConnection | GcsConnection,
  limits: BucketLimits,
): Promise<AnchorBucket> {
  if (connection.kind === "gcs") {
    const { openAnchorBucketGcs } = await import("./audit-anchor-gcs.ts");
    return await openAnchorBucketGcs(connection, limits);
  }
  const { openAnchorBucketS3 } = await import("./audit-anchor-s3.ts");
  return await openAnchorBucketS3(connection, limits);
}
