import { randomUUID } from "node:crypto";
import type { DirectAccess, DirectAddress } from "../domain/object-store.ts";
import { requireUnpinned } from "../domain/version-folder.ts";
import { nameBlob, publishBlob } from "./artifact-blobs.ts";
import type { Database } from "./database.ts";

interface DirectUpload {
  readonly path: string;
  readonly createdBy: string;
  readonly seconds: number;
}

/** Uploads that one look at a folder takes over; the rest follow with the next look. */
const settleLimit = 100;
/** A client that started its upload in time may still be sending when the address has run out. */
const graceMs = 3_600_000;

/** What clients may be sent to the object store for. */
export function reachDirectly(db: Database, direct: DirectAccess, clock: () => number) {
  return {
    download: direct.download,
    upload: (upload: DirectUpload) => beginDirectUpload(db, direct, upload, clock()),
  };
}

/** Opens an address at which a client may put the bytes of a path, once, past the service. */
async function beginDirectUpload(
  db: Database,
  direct: DirectAccess,
  { path, createdBy, seconds }: DirectUpload,
  now: number,
): Promise<DirectAddress> {
  requireUnpinned(path);
  const id = randomUUID();
  const address = await direct.upload(id, seconds);
  const expires_at = now + seconds * 1_000 + graceMs;
  const row = { id, path, part_count: 0, ticket_hash: null, created_by: createdBy, expires_at, digest: null };
  await db
    .insertInto("uploads")
    .values({ ...row, kind: "direct" })
    .execute();
  return address;
}

/**
 * Nobody tells the service that a direct upload is done, so it looks whenever someone looks at the path: what has
 * arrived is hashed and named, before the answer. A newer upload of the same path comes last and so wins.
 */
export async function settleDirectUploads(
  db: Database,
  direct: DirectAccess,
  path: string,
  now: number,
): Promise<void> {
  const waiting = await db
    .selectFrom("uploads")
    .select(["id", "path"])
    .where("kind", "=", "direct")
    .where("digest", "is", null)
    .where((eb) =>
      path === ""
        ? eb.lit(true)
        : eb.or([eb("path", "=", path), eb.and([eb("path", ">=", `${path}/`), eb("path", "<", `${path}0`)])]),
    )
    .orderBy("expires_at")
    .limit(settleLimit)
    .execute();
  for (const upload of waiting) {
    const received = await direct.adopt(upload.id, Number.MAX_SAFE_INTEGER);
    if (received === null) continue;
    const blob = await publishBlob(db, received, now);
    await nameBlob(db, upload.path, blob, now);
    await db.updateTable("uploads").set({ digest: blob.digest }).where("id", "=", upload.id).execute();
  }
}
