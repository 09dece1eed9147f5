import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";

/** A log from some line on. */
export interface JobLog {
  readonly content: Readable;
  /** Bytes that come before it. */
  readonly skipped: number;
}

const scanBytes = 64 * 1024;
const lineFeed = 0x0a;

/**
 * Opens a log: all of it, or its last lines of at most `tail` bytes together. Of a line that is longer than that, the
 * end is given. A log that is not there is empty.
 */
export async function openLog(path: string, tail?: number): Promise<JobLog> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { content: Readable.from([]), skipped: 0 };
  }
  try {
    const { size } = await handle.stat();
    const start = tail === undefined || size <= tail ? 0 : await findStart(handle, size - tail, size);
    return { content: handle.createReadStream({ start }), skipped: start };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The first beginning of a line from a place on; where there is none, of a character. */
async function findStart(handle: FileHandle, from: number, size: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(scanBytes);
  // The byte before tells whether the place itself is the beginning of a line.
  for (let at = from - 1; at < size; ) {
    const { bytesRead } = await handle.read(buffer, 0, scanBytes, at);
    if (bytesRead === 0) break;
    const found = buffer.subarray(0, bytesRead).indexOf(lineFeed);
    if (found >= 0 && at + found + 1 < size) return at + found + 1;
    at += bytesRead;
  }
  const { bytesRead } = await handle.read(buffer, 0, 4, from);
  const character = buffer.subarray(0, bytesRead).findIndex((byte) => !isContinuation(byte));
  return from + Math.max(0, character);
}

/** Whether a byte is inside a character of UTF-8. */
const isContinuation = (byte: number) => (byte & 0b1100_0000) === 0b1000_0000;
