import type { ObjectStoreConnection } from "@bedplate/contract";
import type { ObjectStore } from "../domain/object-store.ts";
import { openObjectFolder } from "./object-folder.ts";

/** Opens the object store of the connection; the S3 client is only loaded where it is needed. */
export async function openObjectStore(connection: ObjectStoreConnection): Promise<ObjectStore> {
  if (connection.kind === "file") return await openObjectFolder(connection.path);
  const { openObjectBucket } = await import("./object-bucket.ts");
  return await openObjectBucket(connection);
}
