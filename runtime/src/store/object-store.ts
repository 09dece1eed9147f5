import type { BucketLimits, ObjectStoreConnection } from "@bedplate/contract";
import type { ObjectStore } from "../domain/object-store.ts";
import { openObjectFolder } from "./object-folder.ts";

/** Opens the object store of the connection; a bucket's client is only loaded where it is needed. */
export async function openObjectStore(
  connection: ObjectStoreConnection,
  limits: BucketLimits,
): Promise<ObjectStore> {
  if (connection.kind === "file") return await openObjectFolder(connection.path);
  if (connection.kind === "gcs") {
    const { openObjectGcs } = await import("./object-gcs.ts");
    return await openObjectGcs(connection, limits);
  }
  const { openObjectBucket } = await import("./object-bucket.ts");
  return await openObjectBucket(connection, limits);
}
