import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { access, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ObjectStore, StoredObject } from "../domain/object-store.ts";
import { Problem } from "../domain/problem.ts";

/** Keeps objects in a folder: `sha256/<first two digits>/<digest>`; a partial upload lives in `incoming` until it is whole. */
export async function openObjectFolder(root: string): Promise<ObjectStore> {
  const incoming = join(root, "incoming");
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  const folderOf = (digest: string) => join(root, "sha256", digest.slice(0, 2));
  const pathOf = (digest: string) => {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new Problem("NOT_FOUND", "There is no such object.");
    return join(folderOf(digest), digest);
  };

  async function put(content: Readable, limitBytes: number): Promise<StoredObject> {
    const partial = join(incoming, randomUUID());
    const meter = metered(limitBytes);
    try {
      await pipeline(content, meter.through, createWriteStream(partial, { mode: 0o600, flush: true }));
      const stored = meter.result();
      await mkdir(folderOf(stored.digest), { recursive: true, mode: 0o700 });
      await rename(partial, pathOf(stored.digest));
      await syncFolder(folderOf(stored.digest));
      return stored;
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  return {
    put,
    open: async (digest, range) => {
      const path = pathOf(digest);
      await stat(path);
      return createReadStream(path, range);
    },
    read: (digest) => readFile(pathOf(digest)),
    has: (digest) =>
      access(pathOf(digest)).then(
        () => true,
        () => false,
      ),
    remove: (digest) => rm(pathOf(digest), { force: true }),
  };
}

/** Passes bytes on while hashing and counting them; breaks off past the limit. */
function metered(limitBytes: number): { through: Transform; result: () => StoredObject } {
  const hash = createHash("sha256");
  let size = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      if (size <= limitBytes) done(null, chunk);
      else
        done(new Problem("BODY_TOO_LARGE", `An artifact may have ${limitBytes} bytes; this one has more.`));
    },
  });
  return { through, result: () => ({ digest: hash.digest("hex"), size }) };
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
