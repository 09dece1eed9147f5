import type { Readable } from "node:stream";
import { sql } from "kysely";
import type { ObjectStore, ReceivedObject, StoredObject } from "../domain/object-store.ts";
import { Problem } from "../domain/problem.ts";
import { requireUnpinned } from "../domain/version-folder.ts";
import type { Database } from "./database.ts";

/** Bytes that lie under their digest, and the life of that digest in which they were put there. */
export interface Blob extends StoredObject {
  readonly generation: number;
  readonly touchedAt: number;
}

/**
 * Bytes and what refers to them are kept apart, so three steps keep collection from taking what is about to be used:
 * the row of `blobs` is touched before the bytes are published, a reference is only written while that same row is
 * still there (`whileKept`), and the collector removes bytes only together with their row, under its lock.
 */
export async function keepBlob(
  db: Database,
  objects: ObjectStore,
  content: Readable,
  limitBytes: number,
  now: number,
): Promise<Blob> {
  return await publishBlob(db, await objects.receive(content, limitBytes), now);
}

export async function publishBlob(db: Database, received: ReceivedObject, now: number): Promise<Blob> {
  const { digest, size } = received;
  try {
    const { generation } = await db
      .insertInto("blobs")
      .values({ digest, size, touched_at: now })
      .onConflict((conflict) =>
        conflict
          .column("digest")
          .doUpdateSet({ touched_at: sql`greatest(blobs.touched_at, ${now}::bigint)` }),
      )
      .returning("generation")
      .executeTakeFirstOrThrow();
    await received.publish();
    return { digest, size, generation, touchedAt: now };
  } finally {
    // What stays behind is swept later; the outcome of the upload is not its matter.
    await received.discard().catch(() => {});
  }
}

/** The blob's row, held against collection until the statement that reads it is committed; empty when it was collected. */
export const whileKept = (db: Database, blob: Blob) =>
  db
    .selectFrom("blobs")
    .where("blobs.digest", "=", blob.digest)
    .where("blobs.generation", "=", blob.generation)
    .forShare();

/** The bytes were collected between their upload and their use: only possible when that took longer than `collectAfterMs`. */
export const collectedMeanwhile = () =>
  new Problem("UNAVAILABLE", "The upload took so long that its bytes were collected; send it again.");

/** Lets a path name a blob. Throws CONFLICT in a registered version. */
export async function nameBlob(db: Database, path: string, blob: Blob, now: number): Promise<void> {
  requireUnpinned(path);
  const { digest, size } = blob;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("artifacts")
    .columns(["path", "digest", "size", "created_at"])
    .expression(
      whileKept(db, blob).select([
        sql.val(path).$castTo<string>().as("path"),
        "digest",
        "size",
        sql<number>`${now}::bigint`.as("created_at"),
      ]),
    )
    .onConflict((conflict) => conflict.column("path").doUpdateSet({ digest, size, created_at: now }))
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 1n) throw collectedMeanwhile();
}
