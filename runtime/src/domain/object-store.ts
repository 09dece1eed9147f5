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

/** Bytes that have arrived whole and are hashed, but do not lie under their address yet. */
export interface ReceivedObject extends StoredObject {
  /** Puts them under their address; they may lie there already. */
  readonly publish: () => Promise<void>;
  /** Gives back what was needed on the way; called once, whatever happened before. */
  readonly discard: () => Promise<void>;
}

/** An address at which a client reaches the store by itself, and the headers that it must send there. */
export interface DirectAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A store that clients can be sent to, with an address that opens one object for a while. */
export interface DirectAccess {
  readonly download: (
    digest: string,
    name: string,
    contentType: string,
    seconds: number,
  ) => Promise<DirectAddress>;
  /** For bytes of any size, under a name of their own that `adopt` takes over. */
  readonly upload: (id: string, seconds: number) => Promise<DirectAddress>;
  /** What a client has uploaded under the name; null while there is nothing. */
  readonly adopt: (id: string, limitBytes: number) => Promise<ReceivedObject | null>;
}

/**
 * Where bytes are kept, addressed by their own SHA-256, so that equal bytes are stored once and never change.
 * `receive` throws a `Problem` with code BODY_TOO_LARGE past the limit and leaves nothing behind when it fails; `open`
 * throws one with NOT_FOUND for a digest that is not there.
 */
export interface ObjectStore {
  readonly receive: (content: Readable, limitBytes: number) => Promise<ReceivedObject>;
  readonly open: (digest: string, range?: ByteRange) => Promise<Readable>;
  readonly has: (digest: string) => Promise<boolean>;
  readonly remove: (digest: string) => Promise<void>;
  /** Removes what uploads that broke off before the time have left, and says how many they were. */
  readonly sweep: (before: number) => Promise<number>;
  /** Absent where only the service itself can reach the store. */
  readonly direct?: DirectAccess;
  readonly close: () => void;
}
