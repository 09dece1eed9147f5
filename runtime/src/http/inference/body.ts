import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { unzip } from "node:zlib";
import type { FastifyRequest } from "fastify";
import { Problem } from "../../domain/problem.ts";

const unpack = promisify(unzip);
const encodings: readonly (string | undefined)[] = [undefined, "", "identity", "gzip", "x-gzip", "deflate"];

interface BodyLimits {
  /** Of the body as it travels, and again of what it unpacks to. */
  readonly bytes: number;
  /** From the first look at the body to its end. */
  readonly timeoutMs: number;
}

/**
 * Reads a request's body whole, and unpacks what was sent with gzip or deflate.
 * Throws BODY_TOO_LARGE, BODY_TOO_SLOW, MALFORMED_BODY and UNSUPPORTED_MEDIA_TYPE.
 */
export async function readBody(
  request: FastifyRequest,
  payload: IncomingMessage,
  limits: BodyLimits,
): Promise<Buffer> {
  const encoding = request.headers["content-encoding"]?.toLowerCase();
  if (!encodings.includes(encoding)) {
    throw new Problem("UNSUPPORTED_MEDIA_TYPE", "Send the body plain, or with gzip or deflate.");
  }
  if (declaredLength(request) > limits.bytes) throw tooLarge(limits.bytes);
  const bytes = await collect(payload, limits);
  if (encoding === undefined || encoding === "" || encoding === "identity") return bytes;
  try {
    return await unpack(bytes, { maxOutputLength: limits.bytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(limits.bytes);
    throw new Problem("MALFORMED_BODY", `The body is not valid ${encoding}.`);
  }
}

/** Length that a request's header gives; 0 where it gives none. */
function declaredLength({ headers }: FastifyRequest): number {
  return Number(headers["content-length"] ?? 0);
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
function collect(payload: IncomingMessage, { bytes: limit, timeoutMs }: BodyLimits): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const whole = new GrowingBuffer(limit);
  /** Listens no more: a stream closes after its end too, which is no failure then. */
  const settle = (act: () => void) => {
    clearTimeout(timer);
    for (const [event, listener] of Object.entries(listeners)) payload.off(event, listener);
    act();
  };
  const refuse = (problem: Problem) => settle(() => reject(problem));
  const timer = setTimeout(() => {
    refuse(new Problem("BODY_TOO_SLOW", `The body did not arrive within ${timeoutMs} ms.`));
  }, timeoutMs);
  const fail = () => refuse(new Problem("MALFORMED_BODY", "The body broke off before its end."));
  const listeners = {
    data: (chunk: Buffer) => {
      if (!whole.add(chunk)) refuse(tooLarge(limit));
    },
    end: () => settle(() => resolve(whole.bytes())),
    error: fail,
    close: fail,
  };
  for (const [event, listener] of Object.entries(listeners)) payload.on(event, listener);
  return promise;
}

/** Doubles its room when it is full. */
class GrowingBuffer {
  readonly #limit: number;
  #first: Buffer | null = null;
  #room = Buffer.alloc(0);
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False where the limit is passed; nothing is kept then. */
  add(chunk: Buffer): boolean {
    const size = this.#size + chunk.length;
    if (size > this.#limit) return false;
    if (this.#size === 0) this.#first = chunk;
    else {
      if (size > this.#room.length) {
        const room = Buffer.allocUnsafeSlow(
          Math.min(this.#limit, Math.max(size, this.#room.length * 2, 4096)),
        );
        this.bytes().copy(room);
        this.#room = room;
        this.#first = null;
      }
      chunk.copy(this.#room, this.#size);
    }
    this.#size = size;
    return true;
  }

  bytes(): Buffer {
    return this.#first ?? this.#room.subarray(0, this.#size);
  }
}
