/** A stretch of bytes that holds one message. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** One field of a message as it travels: what it holds is a number, or lies between `start` and `end`. */
export interface WireField extends Range {
  readonly number: number;
  readonly wire: WireType;
  /** Of a varint; not exact past 2^53. 0 for all else. */
  readonly value: number;
}

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
export type WireType = (typeof wireTypes)[keyof typeof wireTypes];

/** The bytes are no protocol buffer, or one that readers may understand in different ways. */
export class WireError extends Error {}

/** Bytes of the longest varint: of a number, and of what must fit 32 bits (tags and lengths). */
const longestVarint = 10;
const longestSize = 5;

/**
 * Visits the fields of one message in their order, and looks into none of them: memory stays flat however many there
 * are. Stricter than the format: groups, tags and lengths past 32 bits, and lengths past the end are refused, so that
 * no other reader of the same bytes sees other fields. Source: "Encoding", protobuf.dev.
 */
export function readFields(bytes: Uint8Array, range: Range, visit: (field: WireField) => void): void {
  let at = range.start;

  function varint(longest: number): number {
    let value = 0;
    for (let length = 1, scale = 1; length <= longest && at < range.end; length++, scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new WireError("a number does not end");
  }

  /** The end of something so many bytes long. */
  function endOf(length: number): number {
    if (length > range.end - at) throw new WireError("a field is longer than what it is in");
    return at + length;
  }

  while (at < range.end) {
    const tag = varint(longestSize);
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (number === 0 || tag >= 2 ** 32) throw new WireError("a field has no number");
    if (wire === wireTypes.varint) {
      const start = at;
      const value = varint(longestVarint);
      visit({ number, wire, start, end: at, value });
    } else if (wire === wireTypes.bytes || wire === wireTypes.fixed32 || wire === wireTypes.fixed64) {
      const length = wire === wireTypes.bytes ? varint(longestSize) : wire === wireTypes.fixed32 ? 4 : 8;
      const start = at;
      at = endOf(length);
      visit({ number, wire, start, end: at, value: 0 });
    } else throw new WireError("a field has a type that is not taken");
  }
}
