import { once } from "node:events";
import { type FileHandle, open } from "node:fs/promises";
import { type Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ObjectMeter } from "./object-meter.ts";

/** Bytes that may wait for the disk, so that one write takes many of the small pieces that a connection delivers. */
const writeBytes = 1024 * 1024;
/** Bytes after which the disk is told to take what was written, while more arrives. */
const usualFlushBytes = 32 * 1024 * 1024;

/**
 * Writes a new file and meters its bytes; the whole file is on disk when this returns. Left to itself the system keeps
 * what is written in memory, and the flush at the end waits for the disk alone; so the disk is set to work early.
 * Throws what the content, the meter or the disk fails with; the file, half written, is closed by then.
 */
export async function writeObjectFile(
  path: string,
  content: Readable,
  meter: ObjectMeter,
  flushBytes = usualFlushBytes,
): Promise<void> {
  const file = createFile(path, meter, flushBytes);
  try {
    await pipeline(content, file);
  } finally {
    // Whoever removes the file after a failure must not be overtaken by its creation.
    if (!file.closed) await once(file, "close");
  }
}

function createFile(path: string, meter: ObjectMeter, flushBytes: number): Writable {
  const opening = open(path, "wx", 0o600);
  let unflushed = 0;
  let isFlushing = false;
  // Kept for the end: a disk tells of a failure once, and whoever flushes after that hears of success.
  let flushed = Promise.resolve();

  async function put(chunks: readonly Buffer[]): Promise<void> {
    const handle = await opening;
    const written = writeAll(handle, chunks);
    try {
      // The thread pool writes while this thread hashes.
      for (const chunk of chunks) meter.note(chunk);
    } finally {
      unflushed += await written;
    }
    if (unflushed < flushBytes || isFlushing) return;
    unflushed = 0;
    isFlushing = true;
    flushed = handle.datasync().finally(() => {
      isFlushing = false;
    });
    flushed.catch(() => {});
  }

  async function finish(): Promise<void> {
    await flushed;
    await (await opening).sync();
  }

  /** Waits for what is under way. */
  async function close(): Promise<void> {
    await (await opening).close();
  }

  return new Writable({
    highWaterMark: writeBytes,
    construct: (done) => void opening.then(() => done(), done),
    writev: (pieces, done) => void put(pieces.map(({ chunk }) => chunk as Buffer)).then(() => done(), done),
    final: (done) => void finish().then(() => done(), done),
    destroy: (error, done) => void close().then(() => done(error), done),
  });
}

/** Says how many bytes there were. A full disk takes a part of them, and says why at the next attempt. */
async function writeAll(handle: FileHandle, chunks: readonly Buffer[]): Promise<number> {
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await handle.writev(chunks);
  if (bytesWritten < bytes) await handle.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
  return bytes;
}
