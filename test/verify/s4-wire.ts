import { readFields, WireError, wireTypes } from "../../runtime/src/inference/protobuf-fields.ts";

/** A message taken apart: each field's number and type, and what it holds; a message is a list again. */
export interface WirePart {
  readonly number: number;
  readonly wire: number;
  readonly content: Buffer | readonly WirePart[];
}

/** Deeper ones stay bytes. */
const depthLimit = 30;

function varint(number: bigint): Buffer {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, number);
  for (; left >= 128n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  bytes.push(Number(left));
  return Buffer.from(bytes);
}

/** A field as it travels. */
export function fieldBytes(number: number, content: Buffer): Buffer {
  return Buffer.concat([
    varint(BigInt((number << 3) | wireTypes.bytes)),
    varint(BigInt(content.length)),
    content,
  ]);
}

/** A number as a field of its own. */
export const numberField = (number: number, value: bigint): WirePart => ({
  number,
  wire: wireTypes.varint,
  content: varint(value),
});

/** Takes a message apart, and what is in it as far as it reads like messages; null where the bytes are none. */
export function partsOf(bytes: Buffer, depth = 0): readonly WirePart[] | null {
  const parts: WirePart[] = [];
  try {
    readFields(bytes, { start: 0, end: bytes.length }, ({ number, wire, start, end }) => {
      const content = bytes.subarray(start, end);
      const below =
        wire === wireTypes.bytes && end > start && depth < depthLimit ? partsOf(content, depth + 1) : null;
      parts.push({ number, wire, content: below ?? content });
    });
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
  return parts;
}

/** The inverse of `partsOf`, with lengths that are right. */
export function bytesOf(parts: readonly WirePart[]): Buffer {
  return Buffer.concat(
    parts.map(({ number, wire, content }) => {
      const bytes = Buffer.isBuffer(content) ? content : bytesOf(content as readonly WirePart[]);
      if (wire === wireTypes.bytes) return fieldBytes(number, bytes);
      return Buffer.concat([varint(BigInt((number << 3) | wire)), bytes]);
    }),
  );
}
