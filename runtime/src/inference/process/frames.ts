import type { Writable } from "node:stream";
import { notePassed } from "../../ops/buffer-garbage.ts";

/** One message between the service and a process that runs models: a JSON header and bytes. */
export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly parts: readonly Uint8Array[];
}

/** Length of what follows and length of the header in it, in eight bytes each. */
const prefixBytes = 16;
/** Parts begin at multiples of this, so that numbers can be used where they lie. */
const alignment = 8;

const padded = (length: number) => Math.ceil(length / alignment) * alignment;
const padding = Buffer.alloc(alignment);

/** Writes a message; the bytes of its parts must not change until they are sent. */
export function writeFrame(stream: Writable, { header, parts }: Frame): void {
  const sizes = parts.map((part) => part.byteLength);
  const text = JSON.stringify({ ...header, sizes });
  const length = Buffer.byteLength(text);
  const total = padded(length) + sizes.reduce((sum, size) => sum + padded(size), 0);
  const head = Buffer.alloc(prefixBytes + padded(length));
  head.writeDoubleLE(total, 0);
  head.writeDoubleLE(length, prefixBytes / 2);
  head.write(text, prefixBytes);
  stream.cork();
  stream.write(head);
  for (const part of parts) {
    if (part.byteLength > 0) stream.write(part);
    const gap = padded(part.byteLength) - part.byteLength;
    if (gap > 0) stream.write(padding.subarray(0, gap));
  }
  process.nextTick(() => stream.uncork());
}

/**
 * Puts messages together from the chunks in which they arrive; each has memory of its own. A stream that can read into
 * memory that it is given reads to where the bytes belong: `room`, and `fill` afterwards.
 */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  readonly #prefix = Buffer.alloc(prefixBytes);
  #body: Buffer | null = null;
  #filled = 0;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    notePassed(chunk.length);
    let at = 0;
    while (at < chunk.length) at += this.fill(chunk.copy(this.room(), 0, at));
  }

  /** Where the next bytes belong; never empty. */
  room(): Buffer {
    return (this.#body ?? this.#prefix).subarray(this.#filled);
  }

  /** Says how many bytes were put there, and gives that number back. */
  fill(bytes: number): number {
    this.#filled += bytes;
    if (this.#filled === (this.#body ?? this.#prefix).length) this.#finish();
    return bytes;
  }

  #finish(): void {
    this.#filled = 0;
    if (this.#body === null) {
      this.#body = Buffer.allocUnsafeSlow(this.#prefix.readDoubleLE(0));
      return;
    }
    const body = this.#body;
    this.#body = null;
    const length = this.#prefix.readDoubleLE(prefixBytes / 2);
    const header = JSON.parse(body.toString("utf8", 0, length)) as { sizes: number[] };
    let start = padded(length);
    const parts = header.sizes.map((size) => {
      const part = body.subarray(start, start + size);
      start += padded(size);
      return part;
    });
    notePassed(body.length);
    this.#onFrame({ header, parts });
  }
}
