import { sql } from "kysely";
import type { ObjectStore } from "../domain/object-store.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";

/** What a collection gave back. */
export interface Collection {
  readonly objects: number;
  readonly bytes: number;
  /** Uploads that broke off, with what they left. */
  readonly uploads: number;
}

interface CollectorSettings {
  readonly collectAfterMs: number;
  readonly collectLimit: number;
  readonly uploadLifetimeMs: number;
}

/** Objects that are removed under one lock: uploads of the same bytes wait for so long. */
const batchSize = 50;

/** Removes bytes that no artifact and no upload refers to. Several may run at once, beside any uploads. */
export function createArtifactCollector(
  db: Database,
  objects: ObjectStore,
  settings: CollectorSettings,
  clock: () => number,
  count: (found: Pick<Collection, "objects" | "bytes">) => void = () => {},
) {
  async function collect(actor: string): Promise<Collection> {
    const now = clock();
    const before = now - settings.collectAfterMs;
    const expired = await db.deleteFrom("uploads").where("expires_at", "<", now).executeTakeFirst();
    const digests = await findUnused(db, before, settings.collectLimit);
    const total = { objects: 0, bytes: 0 };
    for (let at = 0; at < digests.length; at += batchSize) {
      const batch = digests.slice(at, at + batchSize);
      const gone = await removeBatch(db, objects, batch, before, { actor, time: now });
      total.objects += gone.objects;
      total.bytes += gone.bytes;
      count(gone);
    }
    const swept = await objects.sweep(Math.min(before, now - settings.uploadLifetimeMs));
    return { ...total, uploads: Number(expired.numDeletedRows) + swept };
  }
  return { collect };
}

export type ArtifactCollector = ReturnType<typeof createArtifactCollector>;

/** Blobs without a reference; whether that is still so is asked again under their lock. */
function unused(db: Database) {
  return db
    .selectFrom("blobs")
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("artifacts")
            .select(sql.lit(1).as("one"))
            .whereRef("artifacts.digest", "=", "blobs.digest"),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("upload_parts")
            .select(sql.lit(1).as("one"))
            .whereRef("upload_parts.digest", "=", "blobs.digest"),
        ),
      ),
    );
}

async function findUnused(db: Database, before: number, limit: number): Promise<readonly string[]> {
  const rows = await unused(db)
    .select("digest")
    .where("touched_at", "<=", before)
    .orderBy("touched_at")
    .limit(limit)
    .execute();
  return rows.map(({ digest }) => digest);
}

async function removeBatch(
  db: Database,
  objects: ObjectStore,
  digests: readonly string[],
  before: number,
  event: { readonly actor: string; readonly time: number },
): Promise<{ objects: number; bytes: number }> {
  return await db.transaction().execute(async (trx) => {
    const locked = await trx
      .selectFrom("blobs")
      .select("digest")
      .where("digest", "in", digests)
      .where("touched_at", "<=", before)
      .forUpdate()
      .skipLocked()
      .execute();
    if (locked.length === 0) return { objects: 0, bytes: 0 };
    // A statement of its own: it sees what was committed until the lock was ours, and nothing is committed after.
    const free = await unused(trx)
      .select(["digest", "size"])
      .where(
        "digest",
        "in",
        locked.map(({ digest }) => digest),
      )
      .execute();
    if (free.length === 0) return { objects: 0, bytes: 0 };
    for (const { digest } of free) await objects.remove(digest);
    const gone = { objects: free.length, bytes: free.reduce((sum, { size }) => sum + size, 0) };
    await trx
      .deleteFrom("blobs")
      .where(
        "digest",
        "in",
        free.map(({ digest }) => digest),
      )
      .execute();
    await announce(trx, {
      type: "dev.bedplate.artifacts.collected",
      subject: "artifacts",
      data: gone,
      ...event,
    });
    return gone;
  });
}
