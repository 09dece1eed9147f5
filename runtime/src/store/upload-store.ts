import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { sql } from "kysely";
import { type Credential, type Identity, uploadIdentity } from "../domain/identity.ts";
import type { ObjectStore, StoredObject } from "../domain/object-store.ts";
import { Problem } from "../domain/problem.ts";
import { hashToken, newToken } from "../domain/secret-token.ts";
import { uploaderOf } from "../domain/upload-ticket.ts";
import { requireUnpinned } from "../domain/version-folder.ts";
import { type Blob, collectedMeanwhile, keepBlob, nameBlob, whileKept } from "./artifact-blobs.ts";
import type { Database } from "./database.ts";
import { keepArtifactQuota } from "./team-quota.ts";
import { reachDirectly } from "./upload-direct.ts";

interface UploadSettings {
  readonly uploadLifetimeMs: number;
  readonly partLimit: number;
  readonly uploadLimit: number;
}

/** A part as the client names it when it ends the upload. */
export interface PartClaim {
  readonly number: number;
  readonly digest: string;
}

interface NewUpload {
  readonly path: string;
  readonly partCount: number;
  readonly createdBy: string;
}

/**
 * Uploads whose parts come in requests of their own, in any order. Each part is an object like any other; the whole is
 * read from them once, when the upload ends, because its address is the digest of all its bytes.
 */
export function createUploadStore(
  db: Database,
  objects: ObjectStore,
  settings: UploadSettings,
  clock: () => number,
) {
  const ending = new Map<string, Promise<void>>();

  return {
    direct: objects.direct && reachDirectly(db, objects.direct, clock),

    begin: (upload: NewUpload) => begin(db, upload, settings, clock()),

    /** Who may send parts of one upload and do nothing else: the bearer of its ticket. */
    async authenticate(credential: Credential): Promise<Identity | null> {
      if (credential.kind !== "token") return null;
      const row = await db
        .selectFrom("uploads")
        .select("id")
        .where("ticket_hash", "=", hashToken(credential.token))
        .where("expires_at", ">", clock())
        .executeTakeFirst();
      if (row === undefined) return null;
      return uploadIdentity(uploaderOf(row.id));
    },

    /** Stores a part; a part that is sent again replaces the earlier one. */
    async putPart(id: string, number: number, content: Readable, limitBytes: number): Promise<StoredObject> {
      const upload = await openUpload(db, id, clock());
      if (number > upload.part_count) {
        throw new Problem(
          "INVALID_REQUEST",
          `The upload has ${upload.part_count} parts; there is no part ${number}.`,
        );
      }
      const blob = await keepBlob(db, objects, content, limitBytes, clock());
      await recordPart(db, id, number, blob);
      return blob;
    },

    /** Makes the artifact from the parts; asking again for what is done already, or being done, changes nothing. */
    async complete(
      id: string,
      path: string,
      claims: readonly PartClaim[],
      limitBytes: number,
    ): Promise<void> {
      const work = ending.get(id) ?? complete(db, objects, { id, path, claims, limitBytes }, settings, clock);
      ending.set(id, work);
      await work.finally(() => ending.delete(id));
    },

    /** Gives an upload up; its parts are collected. */
    async abort(id: string, path: string): Promise<void> {
      await openUpload(db, id, clock(), path);
      await releaseParts(db, id);
      await db.deleteFrom("uploads").where("id", "=", id).execute();
    },
  };
}

export type UploadStore = ReturnType<typeof createUploadStore>;

async function begin(
  db: Database,
  { path, partCount, createdBy }: NewUpload,
  settings: UploadSettings,
  now: number,
): Promise<{ id: string; ticket: string }> {
  requireUnpinned(path);
  if (partCount > settings.partLimit) {
    throw new Problem(
      "INVALID_REQUEST",
      `An upload may have ${settings.partLimit} parts, not ${partCount}; send larger ones.`,
    );
  }
  const open = await db
    .selectFrom("uploads")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("expires_at", ">", now)
    .where("digest", "is", null)
    .executeTakeFirstOrThrow();
  if (Number(open.count) >= settings.uploadLimit) {
    throw new Problem(
      "TOO_MANY_REQUESTS",
      `There are ${settings.uploadLimit} uploads under way; end one of them.`,
    );
  }
  const id = randomUUID();
  const ticket = newToken();
  await db
    .insertInto("uploads")
    .values({
      id,
      kind: "parts",
      path,
      part_count: partCount,
      ticket_hash: hashToken(ticket),
      created_by: createdBy,
      expires_at: now + settings.uploadLifetimeMs,
      digest: null,
    })
    .execute();
  return { id, ticket };
}

/** The upload, as long as it is under way (or done, but not yet forgotten). */
async function openUpload(db: Database, id: string, now: number, path?: string) {
  const row = await db
    .selectFrom("uploads")
    .selectAll()
    .where("id", "=", id)
    .where("kind", "=", "parts")
    .where("expires_at", ">", now)
    .executeTakeFirst();
  if (row === undefined)
    throw new Problem("NOT_FOUND", `There is no upload "${id.slice(0, 100)}" under way.`);
  if (path !== undefined && path !== row.path)
    throw new Problem("INVALID_REQUEST", "The upload was begun for another path.");
  return row;
}

async function recordPart(db: Database, id: string, number: number, blob: Blob): Promise<void> {
  const { digest, size, touchedAt } = blob;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("upload_parts")
    .columns(["upload_id", "number", "digest", "size", "stored_at"])
    .expression(
      whileKept(db, blob)
        .innerJoin("uploads", (join) => join.on("uploads.id", "=", id))
        .select([
          "uploads.id as upload_id",
          sql<number>`${number}::integer`.as("number"),
          "blobs.digest",
          "blobs.size",
          sql<number>`${touchedAt}::bigint`.as("stored_at"),
        ]),
    )
    .onConflict((conflict) =>
      conflict.columns(["upload_id", "number"]).doUpdateSet({ digest, size, stored_at: touchedAt }),
    )
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 1n) throw collectedMeanwhile();
}

interface Completion {
  readonly id: string;
  readonly path: string;
  readonly claims: readonly PartClaim[];
  readonly limitBytes: number;
}

async function complete(
  db: Database,
  objects: ObjectStore,
  { id, path, claims, limitBytes }: Completion,
  settings: UploadSettings,
  clock: () => number,
): Promise<void> {
  const upload = await openUpload(db, id, clock(), path);
  if (upload.digest !== null) return;
  const parts = await claimedParts(db, id, claims);
  // The parts must not run out while they are read.
  await db
    .updateTable("uploads")
    .set({ expires_at: clock() + settings.uploadLifetimeMs })
    .where("id", "=", id)
    .execute();
  const blob = await keepBlob(db, objects, Readable.from(chain(objects, parts)), limitBytes, clock());
  await db.transaction().execute(async (trx) => {
    await nameBlob(trx, path, blob, clock());
    await keepArtifactQuota(trx, path);
    await trx
      .updateTable("uploads")
      .set({ digest: blob.digest, ticket_hash: null })
      .where("id", "=", id)
      .execute();
  });
  await releaseParts(db, id);
}

/** The digests of the parts in their order. All complaints about the list at once. */
async function claimedParts(
  db: Database,
  id: string,
  claims: readonly PartClaim[],
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("upload_parts")
    .select(["number", "digest"])
    .where("upload_id", "=", id)
    .execute();
  const stored = new Map(rows.map((row) => [row.number, row.digest]));
  const problems = claims.flatMap(({ number, digest }, at) => {
    if (at > 0 && number <= (claims[at - 1]?.number ?? 0)) return [`Part ${number} is out of order.`];
    if (!stored.has(number)) return [`Part ${number} was not sent.`];
    return stored.get(number) === digest ? [] : [`Part ${number} has another ETag.`];
  });
  if (problems.length > 0) throw new Problem("INVALID_REQUEST", problems.slice(0, 20).join(" "), problems);
  return claims.map(({ digest }) => digest);
}

async function* chain(objects: ObjectStore, digests: readonly string[]): AsyncGenerator<Buffer> {
  for (const digest of digests) {
    for await (const chunk of await objects.open(digest)) yield chunk as Buffer;
  }
}

/** Forgets the parts; those that nobody has sent since need not wait for their age to be collected. */
async function releaseParts(db: Database, id: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // In one order everywhere, so that uploads of the same parts do not wait for each other in a circle.
    const parts = await trx
      .selectFrom("blobs")
      .innerJoin("upload_parts", "upload_parts.digest", "blobs.digest")
      .select("blobs.digest")
      .where("upload_parts.upload_id", "=", id)
      .whereRef("blobs.touched_at", "=", "upload_parts.stored_at")
      .orderBy("blobs.digest")
      .forUpdate("blobs")
      .execute();
    await trx.deleteFrom("upload_parts").where("upload_id", "=", id).execute();
    if (parts.length === 0) return;
    await trx
      .updateTable("blobs")
      .set({ touched_at: 0 })
      .where(
        "digest",
        "in",
        parts.map(({ digest }) => digest),
      )
      .execute();
  });
}
