import type { ObjectStoreConnection } from "@bedplate/contract";
import type { AuditAnchors } from "../domain/audit-anchors.ts";
import { openAuditAnchorFolder } from "./audit-anchor-folder.ts";

/** Opens the place for anchors in the object store of the connection; the S3 client is only loaded where it is needed. */
export async function openAuditAnchors(
  connection: ObjectStoreConnection,
  limit: number,
): Promise<AuditAnchors> {
  if (connection.kind === "file") return await openAuditAnchorFolder(connection.path, limit);
  const { openAuditAnchorBucket } = await import("./audit-anchor-bucket.ts");
  return await openAuditAnchorBucket(connection, limit);
}
