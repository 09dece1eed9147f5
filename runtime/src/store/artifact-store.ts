import type { Readable } from "node:stream";
import { sql } from "kysely";
import type { ByteRange, ObjectStore, StoredObject } from "../domain/object-store.ts";
import { Problem } from "../domain/problem.ts";
import { isPinned, requireUnpinned } from "../domain/version-folder.ts";
import { keepBlob, nameBlob } from "./artifact-blobs.ts";
import type { Database } from "./database.ts";
import { verified } from "./object-meter.ts";
import { keepArtifactQuota } from "./team-quota.ts";
import { settleDirectUploads } from "./upload-direct.ts";

/** One file or folder directly below a folder. */
export interface ArtifactEntry {
  /** Path below the folder that was listed. */
  readonly name: string;
  readonly isFolder: boolean;
  readonly size: number;
}

/** A file with its place and content address. */
export interface ArtifactFile extends StoredObject {
  readonly path: string;
}

/** The index of artifact paths over the object store: a path names a digest, the object store keeps the bytes. */
export function createArtifactStore(db: Database, objects: ObjectStore, clock: () => number) {
  const settle = async (path: string) => {
    if (objects.direct !== undefined) await settleDirectUploads(db, objects.direct, path, clock());
  };

  async function find(path: string): Promise<ArtifactFile> {
    await settle(path);
    const row = await db
      .selectFrom("artifacts")
      .select(["path", "digest", "size"])
      .where("path", "=", path)
      .executeTakeFirst();
    if (row === undefined) throw new Problem("NOT_FOUND", `There is no artifact "${path}".`);
    return row;
  }

  return {
    find,

    /** Takes over what clients have uploaded to a folder past the service. */
    settle,

    /** Stores bytes under a path; what was there before is replaced. Throws CONFLICT in a registered version. */
    async put(path: string, content: Readable, limitBytes: number): Promise<ArtifactFile> {
      requireUnpinned(path);
      const blob = await keepBlob(db, objects, content, limitBytes, clock());
      await db.transaction().execute(async (trx) => {
        await nameBlob(trx, path, blob, clock());
        await keepArtifactQuota(trx, path);
      });
      return { path, digest: blob.digest, size: blob.size };
    },

    /** Opens a file or a part of it. A whole file of a registered version ends in a failure when its bytes are others. */
    async open(file: ArtifactFile, range?: ByteRange): Promise<Readable> {
      const content = await objects.open(file.digest, range);
      return range === undefined && isPinned(file.path) ? verified(content, file) : content;
    },

    /** All files below a folder, however deep, in order of their paths. */
    async files(folder: string, limit: number): Promise<readonly ArtifactFile[]> {
      await settle(folder);
      return await below(db, folder).select(["path", "digest", "size"]).limit(limit).execute();
    },

    /** Files and folders directly below a folder, in order of their names. */
    async list(folder: string): Promise<readonly ArtifactEntry[]> {
      await settle(folder);
      return await listFolder(db, folder);
    },

    /** Forgets a file, or all files below a folder; bytes that nothing names any more are collected later. */
    async remove(path: string): Promise<void> {
      requireUnpinned(path);
      await db
        .deleteFrom("artifacts")
        .where((eb) =>
          eb.or([eb("path", "=", path), eb.and([eb("path", ">=", `${path}/`), eb("path", "<", `${path}0`)])]),
        )
        .execute();
    },
  };
}

async function listFolder(db: Database, folder: string): Promise<readonly ArtifactEntry[]> {
  // SQL counts characters from 1, where JavaScript counts UTF-16 units.
  const start = folder === "" ? 1 : [...folder].length + 2;
  const name = sql<string>`split_part(substr(path, ${sql.lit(start)}), '/', 1)`;
  const isFolder = sql<boolean>`bool_or(position('/' in substr(path, ${sql.lit(start)})) > 0)`;
  const rows = await below(db, folder)
    .clearOrderBy()
    .select([name.as("name"), isFolder.as("isFolder"), sql<number>`max(size)`.as("size")])
    .groupBy(name)
    .orderBy(name)
    .execute();
  return rows.map((row) => ({ ...row, size: row.isFolder ? 0 : row.size }));
}

/** Paths are ordered by bytes, and `0` follows `/`, so that a folder is one range of the index. */
function below(db: Database, folder: string) {
  const all = db.selectFrom("artifacts").orderBy("path");
  return folder === "" ? all : all.where("path", ">=", `${folder}/`).where("path", "<", `${folder}0`);
}

export type ArtifactStore = ReturnType<typeof createArtifactStore>;
