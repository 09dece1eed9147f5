import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { unzip } from "node:zlib";
import type { FastifyRequest } from "fastify";
import { Problem } from "../../domain/problem.ts";

const encodings: readonly (string | undefined)[] = [undefined, "", "identity", "gzip", "x-gzip", "deflate"];
/** Numbers of every datatype can be used where they lie from such an address on. */
const alignment = 8;

interface BodyLimits {
  /** Of the body as it travels, and again of what it unpacks to. */
  readonly bytes: number;
  /** From the first look at the body to its end. */
  readonly timeoutMs: number;
}

type Done = (error: Problem | null, body?: Buffer) => void;

/**
 * Reads a request's body whole, and unpacks what was sent with gzip or deflate. Ends with BODY_TOO_LARGE,
 * BODY_TOO_SLOW, MALFORMED_BODY or UNSUPPORTED_MEDIA_TYPE where that cannot be. It is done by a callback, not a promise,
 * because every prediction comes through here.
 */
export function readBody(
  request: FastifyRequest,
  payload: IncomingMessage,
  limits: BodyLimits,
  done: Done,
): unknown {
  const encoding = request.headers["content-encoding"]?.toLowerCase();
  if (!encodings.includes(encoding)) {
    return done(new Problem("UNSUPPORTED_MEDIA_TYPE", "Send the body plain, or with gzip or deflate."));
  }
  const length = declaredLength(request);
  if (length > limits.bytes) return done(tooLarge(limits.bytes));
  const room = new Room(limits.bytes, length, unalignedBytes(request));
  if (encoding === undefined || encoding === "" || encoding === "identity") {
    return collect(payload, room, limits, done);
  }
  collect(payload, room, limits, (error, bytes) => {
    if (error !== null || bytes === undefined) return done(error);
    unzip(bytes, { maxOutputLength: limits.bytes }, (failure, unpacked) => {
      if (failure === null) done(null, unpacked);
      else if (failure instanceof RangeError) done(tooLarge(limits.bytes));
      else done(new Problem("MALFORMED_BODY", `The body is not valid ${encoding}.`));
    });
  });
}

/** Length that a request's header gives; 0 where it gives none. */
function declaredLength({ headers }: FastifyRequest): number {
  return Number(headers["content-length"] ?? 0);
}

/** How far the numbers behind a request's JSON are from where they could be used in place. */
function unalignedBytes({ headers }: FastifyRequest): number {
  const length = Number(headers["inference-header-content-length"] ?? 0);
  return Number.isSafeInteger(length) && length > 0 ? length % alignment : 0;
}

/** Most bytes that a request may turn out to have: its own word where that is the end of it, else the limit. */
export function mostBytes(request: FastifyRequest, limit: number): number {
  const { "content-length": length, "content-encoding": encoding } = request.headers;
  const isKnown = length !== undefined && (encoding === undefined || encoding === "identity");
  return isKnown ? Math.min(Number(length), limit) : limit;
}

/** Bytes as text. Throws MALFORMED_BODY where they are not UTF-8. */
export function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Problem("MALFORMED_BODY", "The text is not UTF-8.");
  return bytes.toString("utf8");
}

function tooLarge(limit: number): Problem {
  return new Problem("BODY_TOO_LARGE", `The body is over the limit of ${limit} bytes (http.bodyLimitBytes).`);
}

/** Chunks are copied together as they come, so that many small ones take no more memory than their bytes. */
function collect(payload: IncomingMessage, room: Room, { bytes: limit, timeoutMs }: BodyLimits, done: Done) {
  let isDone = false;
  /** What comes later is not looked at: a stream closes after its end too, which is no failure then. */
  const settle = (error: Problem | null) => {
    if (isDone) return;
    isDone = true;
    clearTimeout(timer);
    if (error === null) done(null, room.bytes());
    else {
      payload.off("data", take);
      done(error);
    }
  };
  const take = (chunk: Buffer) => {
    if (!room.add(chunk)) settle(tooLarge(limit));
  };
  // An error that nobody gets is not made: its stack would cost more than the rest of this.
  const fail = () => {
    if (!isDone) settle(new Problem("MALFORMED_BODY", "The body broke off before its end."));
  };
  const timer = setTimeout(() => {
    settle(new Problem("BODY_TOO_SLOW", `The body did not arrive within ${timeoutMs} ms.`));
  }, timeoutMs);
  payload.on("data", take);
  payload.on("end", () => settle(null));
  payload.on("error", fail);
  payload.on("close", fail);
}

const nothing = Buffer.alloc(0);
const leastRoom = 4096;

/** Where a body is put together. A single chunk is used as it is. */
class Room {
  readonly #limit: number;
  /** What the body is said to have; no more than that is made room for at once. */
  readonly #expected: number;
  /** Bytes that are left free at the beginning, so that numbers further on are aligned. */
  readonly #lead: number;
  #first: Buffer | null = null;
  #room = nothing;
  #size = 0;

  constructor(limit: number, expected: number, unaligned: number) {
    this.#limit = limit;
    this.#expected = expected;
    this.#lead = unaligned === 0 ? 0 : alignment - unaligned;
  }

  /** False where the limit is passed; nothing is kept then. */
  add(chunk: Buffer): boolean {
    const size = this.#size + chunk.length;
    if (size > this.#limit) return false;
    if (this.#size === 0) this.#first = chunk;
    else {
      if (this.#lead + size > this.#room.length) this.#grow(size);
      chunk.copy(this.#room, this.#lead + this.#size);
    }
    this.#size = size;
    return true;
  }

  bytes(): Buffer {
    return this.#first ?? this.#room.subarray(this.#lead, this.#lead + this.#size);
  }

  /** Twice as large, and at once as large as the body is said to be; memory that is not written to is not taken. */
  #grow(size: number): void {
    const wanted = Math.max(size, this.#room.length * 2, Math.min(this.#expected, this.#limit), leastRoom);
    const room = Buffer.allocUnsafeSlow(this.#lead + Math.min(this.#limit, wanted));
    this.bytes().copy(room, this.#lead);
    this.#room = room;
    this.#first = null;
  }
}
