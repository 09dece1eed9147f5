import { createHash } from "node:crypto";
import { pipeline, type Readable, Transform } from "node:stream";
import { finished } from "node:stream/promises";
import type { StoredObject } from "../domain/object-store.ts";
import { Problem } from "../domain/problem.ts";
import { notePassed } from "../ops/buffer-garbage.ts";

export const noSuchObject = () => new Problem("NOT_FOUND", "There is no such object.");

/** The digest itself, where it is one; anything else would be a path of the caller's choice. */
export function checkDigest(digest: string): string {
  if (!/^[0-9a-f]{64}$/.test(digest)) throw noSuchObject();
  return digest;
}

/** What opening an object that is not there ends with; other failures stay what they are. */
export function wordAbsence(error: unknown): unknown {
  const { name, code } = error instanceof Error ? { code: "", ...error, name: error.name } : {};
  if (code === "ELOOP")
    return new Problem("ARTIFACT_CORRUPT", "The stored object is a link, which the store never makes.");
  return code === "ENOENT" || name === "NoSuchKey" || name === "NotFound" ? noSuchObject() : error;
}

/** Hashes and counts the bytes of one object. */
export interface ObjectMeter {
  /** Throws a `Problem` with BODY_TOO_LARGE past the limit. */
  readonly note: (chunk: Buffer) => void;
  /** Asked once, after the last byte. */
  readonly result: () => StoredObject;
}

export function createObjectMeter(limitBytes: number): ObjectMeter {
  const hash = createHash("sha256");
  let size = 0;
  return {
    note(chunk) {
      size += chunk.length;
      if (size > limitBytes) {
        throw new Problem("BODY_TOO_LARGE", `An artifact may have ${limitBytes} bytes; this one has more.`);
      }
      hash.update(chunk);
      notePassed(chunk.length);
    },
    result: () => ({ digest: hash.digest("hex"), size }),
  };
}

/** Passes bytes on while hashing and counting them; breaks off past the limit. */
export function metered(limitBytes: number): { through: Transform; result: () => StoredObject } {
  const meter = createObjectMeter(limitBytes);
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        meter.note(chunk);
      } catch (error) {
        done(error as Error);
        return;
      }
      done(null, chunk);
    },
  });
  return { through, result: meter.result };
}

/** Reads to the end, for the digest alone. */
export async function measured(content: Readable, limitBytes: number): Promise<StoredObject> {
  const meter = metered(limitBytes);
  meter.through.resume();
  content.on("error", (error) => meter.through.destroy(error));
  await finished(content.pipe(meter.through));
  return meter.result();
}

/** The same bytes; what has passed is collected at once. Ends with the source's failure, and ends the source when it is left. */
export function passing(source: Readable): Readable {
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      notePassed(chunk.length);
      done(null, chunk);
    },
  });
  // A failure is met where the bytes are read.
  pipeline(source, through, () => {});
  return through;
}

/**
 * The same bytes, hashed on the way. The last of them are held back until the digest is found to be right: whoever reads
 * other bytes gets a failure, ARTIFACT_CORRUPT, in place of their end.
 */
export function verified(
  source: Readable,
  { path, digest }: { readonly path: string; readonly digest: string },
): Readable {
  const hash = createHash("sha256");
  let held: Buffer | null = null;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      const ready = held;
      held = chunk;
      done(null, ready);
    },
    flush(done) {
      if (hash.digest("hex") === digest) done(null, held);
      else done(corrupt(path));
    },
  });
  pipeline(source, through, () => {});
  return through;
}

const corrupt = (path: string) =>
  new Problem(
    "ARTIFACT_CORRUPT",
    `The bytes of ${path} are not those that were registered; restore the object store from a backup.`,
  );
