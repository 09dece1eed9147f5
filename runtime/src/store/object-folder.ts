import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { ByteRange, ObjectStore, ReceivedObject } from "../domain/object-store.ts";
import { writeObjectFile } from "./object-file.ts";
import { checkDigest, createObjectMeter, passing, wordAbsence } from "./object-meter.ts";

/** Bytes that one read from disk asks for: larger ones gain nothing, and every download in flight holds one. */
const readBytes = 256 * 1024;

/** Keeps objects in a folder: `sha256/<first two digits>/<digest>`; a partial upload lives in `incoming` until it is whole. */
export async function openObjectFolder(root: string): Promise<ObjectStore> {
  const incoming = join(root, "incoming");
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  const folderOf = (digest: string) => join(root, "sha256", digest.slice(0, 2));
  const pathOf = (digest: string) => join(folderOf(checkDigest(digest)), digest);

  async function receive(content: Readable, limitBytes: number): Promise<ReceivedObject> {
    const partial = join(incoming, randomUUID());
    const meter = createObjectMeter(limitBytes);
    const discard = () => rm(partial, { force: true });
    try {
      await writeObjectFile(partial, content, meter);
    } catch (error) {
      await discard();
      throw error;
    }
    const stored = meter.result();
    return {
      ...stored,
      async publish() {
        await mkdir(folderOf(stored.digest), { recursive: true, mode: 0o700 });
        await rename(partial, pathOf(stored.digest));
        await syncFolder(folderOf(stored.digest));
      },
      discard,
    };
  }

  async function sweep(before: number): Promise<number> {
    let swept = 0;
    for (const name of await readdir(incoming)) {
      const partial = join(incoming, name);
      const { mtimeMs } = await stat(partial).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (mtimeMs >= before) continue;
      await rm(partial, { recursive: true, force: true });
      swept += 1;
    }
    return swept;
  }

  return {
    receive,
    sweep,
    open: (digest, range) => openFile(pathOf(digest), range),
    has: (digest) =>
      access(pathOf(digest)).then(
        () => true,
        () => false,
      ),
    remove: (digest) => rm(pathOf(digest), { force: true }),
    close: () => {},
  };
}

/** The file is open when this returns, so that a removal meanwhile does not cut it short. */
async function openFile(path: string, range: ByteRange | undefined): Promise<Readable> {
  try {
    // An object is a file that we wrote; a link in its place would lead out of the store.
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    return passing(handle.createReadStream({ ...range, highWaterMark: readBytes }));
  } catch (error) {
    throw wordAbsence(error);
  }
}

/** A rename is on disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
