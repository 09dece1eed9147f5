import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { VersionFiles } from "@bedplate/contract";
import type { Manifest } from "../domain/model-signature.ts";
import { isPinned } from "../domain/version-folder.ts";
import { requireVersion } from "./alias-store.ts";
import type { Database } from "./database.ts";

/** A file of a version: its path below the version's folder, its content address and its size in bytes. */
export interface VersionFile {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
}

/** Most files of a version that is signed or shown on a card. */
export const versionFilesLimit = 10_000;

/** The files of a version, in order of their paths; null when there are more than the limit. */
export async function versionFiles(db: Database, folder: string): Promise<readonly VersionFile[] | null> {
  const files = await firstFiles(db, folder);
  return files.length > versionFilesLimit ? null : files;
}

/** The files of a version as everybody may see them. Throws NOT_FOUND. */
export async function listVersionFiles(db: Database, model: string, version: number): Promise<VersionFiles> {
  const { artifact_path: folder } = await requireVersion(db, model, version);
  const found = await firstFiles(db, folder);
  const files = found.slice(0, versionFilesLimit);
  return { model, version, pinned: isPinned(folder), files, truncated: files.length < found.length };
}

/** One more than the limit where there are so many. */
async function firstFiles(db: Database, folder: string): Promise<VersionFile[]> {
  const rows = await db
    .selectFrom("artifacts")
    .select(["path", "digest", "size"])
    .where("path", ">=", `${folder}/`)
    .where("path", "<", `${folder}0`)
    .orderBy("path")
    .limit(versionFilesLimit + 1)
    .execute();
  return rows.map((row) => ({ ...row, path: row.path.slice(folder.length + 1) }));
}

export const manifestOf = (files: readonly VersionFile[]): Manifest =>
  new Map(files.map(({ path, digest }) => [path, digest]));

/** Hashes the bytes that are really there, one file after the other, and tells where they are not those of the index. */
export async function changedContent(
  files: readonly VersionFile[],
  open: (file: VersionFile) => Promise<Readable>,
): Promise<readonly string[]> {
  const good = new Set<string>();
  const changed: string[] = [];
  for (const file of files) {
    if (good.has(file.digest)) continue;
    if (await matches(file, open)) good.add(file.digest);
    else changed.push(file.path);
  }
  return changed;
}

/** Bytes that cannot be read are not the right ones; why is for the log of whoever reads them next. */
async function matches(file: VersionFile, open: (file: VersionFile) => Promise<Readable>): Promise<boolean> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of (await open(file)) as AsyncIterable<Buffer>) hash.update(chunk);
  } catch {
    return false;
  }
  return hash.digest("hex") === file.digest;
}
