import type { ObjectStoreConnection } from "@bedplate/contract";
import type { AuditAnchors } from "../domain/audit-anchors.ts";
import { openAuditAnchorFolder } from "./audit-anchor-folder.ts";

/** Where the object store cannot keep anchors: the log is chained all the same, and nothing outside vouches for it. */
const nowhere: AuditAnchors = { keep: async () => {}, list: async () => [] };

/** Opens the place for anchors in the object store of the connection. */
export async function openAuditAnchors(
  connection: ObjectStoreConnection,
  limit: number,
): Promise<AuditAnchors> {
  return connection.kind === "file" ? await openAuditAnchorFolder(connection.path, limit) : nowhere;
}
