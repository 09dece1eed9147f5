import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { unzip } from "node:zlib";
import type { Settings } from "@bedplate/contract";
import { Problem } from "../../domain/problem.ts";
import type { Ticket } from "../../inference/admission.ts";
import { notePassed } from "../../ops/buffer-garbage.ts";
import { Deadlines } from "./deadlines.ts";

const encodings: readonly (string | undefined)[] = [undefined, "", "identity", "gzip", "x-gzip", "deflate"];
/** Numbers of every datatype can be used where they lie from such an address on. */
const alignment = 8;

export interface BodyLimits {
  /** Of the body as it travels, and again of what it unpacks to. */
  readonly bytes: number;
  /** From the first look at the body to its end. */
  readonly timeoutMs: number;
  /** By which that time is kept. */
  readonly deadlines: Deadlines;
}

export function bodyLimitsOf({ bodyLimitBytes, requestTimeoutMs }: Settings["http"]): BodyLimits {
  const deadlines = new Deadlines(requestTimeoutMs);
  return { bytes: bodyLimitBytes, timeoutMs: requestTimeoutMs, deadlines };
}

type Done = (error: Error | null, body?: Buffer) => void;

/** Reads the body of a request that has a place, and says there how many bytes it really has. */
export function readAdmitted(
  ticket: Ticket,
  headers: IncomingHttpHeaders,
  payload: IncomingMessage,
  limits: BodyLimits,
  done: Done,
): void {
  readBody(headers, payload, limits, (error, body) => {
    if (error !== null || body === undefined) return done(error);
    try {
      holdWhole(ticket, body);
    } catch (refusal) {
      return done(refusal as Error);
    }
    done(null, body);
  });
}

/** Says how many bytes a request has, once all of them are here. Throws TOO_MANY_REQUESTS. */
export function holdWhole(ticket: Ticket, body: Buffer): void {
  // As much again was in the pieces in which it came, or of its answer will be in memory.
  notePassed(2 * body.length);
  ticket.holdBytes(body.length);
}

/** Whether a body that is here whole can be used as it is: within the limit, not packed, its numbers aligned. */
export function isUsable(headers: IncomingHttpHeaders, body: Buffer, limits: BodyLimits): boolean {
  const isPlain = headers["content-encoding"] === undefined && body.length <= limits.bytes;
  return isPlain && headers["inference-header-content-length"] === undefined;
}

/**
 * Reads a request's body whole, and unpacks what was sent with gzip or deflate. Ends with BODY_TOO_LARGE,
 * BODY_TOO_SLOW, MALFORMED_BODY or UNSUPPORTED_MEDIA_TYPE where that cannot be. It is done by a callback, not a promise,
 * because every prediction comes through here.
 */
function readBody(
  headers: IncomingHttpHeaders,
  payload: IncomingMessage,
  limits: BodyLimits,
  done: Done,
): unknown {
  const encoding = headers["content-encoding"]?.toLowerCase();
  if (!encodings.includes(encoding)) {
    return done(new Problem("UNSUPPORTED_MEDIA_TYPE", "Send the body plain, or with gzip or deflate."));
  }
  const length = declaredLength(headers);
  if (length > limits.bytes) return done(tooLarge(limits.bytes));
  const room = new Room(limits.bytes, length, unalignedBytes(headers));
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
function declaredLength(headers: IncomingHttpHeaders): number {
  return Number(headers["content-length"] ?? 0);
}

/** How far the numbers behind a request's JSON are from where they could be used in place. */
function unalignedBytes(headers: IncomingHttpHeaders): number {
  const length = Number(headers["inference-header-content-length"] ?? 0);
  return Number.isSafeInteger(length) && length > 0 ? length % alignment : 0;
}

/** Most bytes that a request may turn out to have: its own word where that is the end of it, else the limit. */
export function mostBytes(headers: IncomingHttpHeaders, limit: number): number {
  const { "content-length": length, "content-encoding": encoding } = headers;
  const isKnown = length !== undefined && (encoding === undefined || encoding === "identity");
  return isKnown ? Math.min(Number(length), limit) : limit;
}

/** A body that is thrown away rather than the connection that it comes on. */
const smallBytes = 64 * 1024;

/**
 * Whether a connection must end with the answer to a failed request. What is left of a body must not be waited for; a
 * small one that is under way is here sooner than a new connection.
 */
export function mustClose(
  { complete, headers }: Pick<IncomingMessage, "complete" | "headers">,
  error: unknown,
  limits: BodyLimits,
): boolean {
  if (complete) return false;
  const isTurnedAway = error instanceof Problem && error.code === "TOO_MANY_REQUESTS";
  return !(isTurnedAway && mostBytes(headers, limits.bytes) <= smallBytes);
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
function collect(payload: IncomingMessage, room: Room, limits: BodyLimits, done: Done) {
  let isDone = false;
  /** What comes later is not looked at: a stream closes after its end too, which is no failure then. */
  const settle = (error: Problem | null) => {
    if (isDone) return;
    isDone = true;
    limits.deadlines.delete(deadline);
    if (error === null) done(null, room.bytes());
    else {
      payload.off("data", take);
      done(error);
    }
  };
  const take = (chunk: Buffer) => {
    if (!room.add(chunk)) settle(tooLarge(limits.bytes));
  };
  // An error that nobody gets is not made: its stack would cost more than the rest of this.
  const fail = () => {
    if (!isDone) settle(new Problem("MALFORMED_BODY", "The body broke off before its end."));
  };
  const deadline = limits.deadlines.add(() =>
    settle(new Problem("BODY_TOO_SLOW", `The body did not arrive within ${limits.timeoutMs} ms.`)),
  );
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
