import type { Readable } from "node:stream";

/** What was stored: SHA-256 in hex, and size in bytes. */
export interface StoredObject {
  readonly digest: string;
  readonly size: number;
}

/** Part of an object, both ends included, counted from 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where bytes are kept, addressed by their own SHA-256, so that equal bytes are stored once and never change.
 * `put` throws a `Problem` with code BODY_TOO_LARGE past the limit and leaves nothing behind when it fails.
 */
export interface ObjectStore {
  readonly put: (content: Readable, limitBytes: number) => Promise<StoredObject>;
  readonly open: (digest: string, range?: ByteRange) => Promise<Readable>;
  readonly read: (digest: string) => Promise<Buffer>;
  readonly has: (digest: string) => Promise<boolean>;
  readonly remove: (digest: string) => Promise<void>;
}
