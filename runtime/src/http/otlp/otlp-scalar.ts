import { Problem } from "../../domain/problem.ts";
import type { AnyValue } from "../../domain/span.ts";

/** How a request was written. JSON has ids as hex, bytes as base64 and long integers as text. */
export type Encoding = "protobuf" | "json";

/** A 64-bit integer as protobuf's decoder gives it. */
interface Long {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

const specialDoubles = ["NaN", "Infinity", "-Infinity"] as const;
const [least64, most64] = [-(2n ** 63n), 2n ** 63n - 1n];
/** Nanoseconds of the year 2262, past which signed 64 bits do not reach. */
const latest = most64;

const refuse = (name: string, allowed: string) =>
  new Problem("INVALID_REQUEST", `Invalid value for '${name}': it must be ${allowed}.`);

/** A field of a message; undefined where it was not sent. What a decoder's prototype has as default does not count. */
function field(message: unknown, name: string): unknown {
  if (typeof message !== "object" || message === null || !Object.hasOwn(message, name)) return undefined;
  return (message as Record<string, unknown>)[name] ?? undefined;
}

function list(message: unknown, name: string, limit?: number): readonly unknown[] {
  const value = field(message, name) ?? [];
  if (!Array.isArray(value)) throw refuse(name, "a list");
  if (limit !== undefined && value.length > limit) {
    throw new Problem("INVALID_REQUEST", `'${name}' may have ${limit} elements; these are ${value.length}.`);
  }
  return value;
}

/** Text as the database holds it: NUL and halves of surrogate pairs become the replacement character. */
function text(message: unknown, name: string): string {
  const value = field(message, name) ?? "";
  if (typeof value !== "string") throw refuse(name, "text");
  return value.replaceAll("\0", "\ufffd").toWellFormed();
}

function integer(message: unknown, name: string): bigint {
  const value = toBigInt(field(message, name) ?? 0);
  if (value === null || value < least64 || value > most64) throw refuse(name, "a 64-bit integer");
  return value;
}

function toBigInt(value: unknown): bigint | null {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : null;
  if (typeof value === "string") return /^-?\d{1,20}$/.test(value) ? BigInt(value) : null;
  if (typeof value !== "object" || value === null || !("high" in value) || !("low" in value)) return null;
  const { high, low, unsigned } = value as Long;
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return unsigned ? bits : BigInt.asIntN(64, bits);
}

function double(message: unknown, name: string): Exclude<AnyValue["double_value"], undefined> {
  const value = field(message, name);
  const special = specialDoubles.find((each) => each === String(value));
  if (special !== undefined) return special;
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number") throw refuse(name, "a number");
  return number;
}

/** Readers of single fields; every one throws a `Problem` that names a field which holds something else. */
export function createScalarReader(encoding: Encoding) {
  function raw(message: unknown, name: string, as: "hex" | "base64"): Buffer {
    const value = field(message, name) ?? "";
    if (encoding === "protobuf" && value instanceof Uint8Array) return Buffer.from(value);
    if (typeof value !== "string") throw refuse(name, as === "hex" ? "hexadecimal digits" : "base64");
    const decoded = Buffer.from(value, as);
    if (as === "hex" && decoded.length * 2 !== value.length) throw refuse(name, "hexadecimal digits");
    return decoded;
  }

  /** An id of that many bytes; null where there is none, which some senders write as zeros. */
  function optionalId(message: unknown, name: string, bytes: number): Buffer | null {
    const id = raw(message, name, "hex");
    if (id.every((byte) => byte === 0)) return null;
    if (id.length !== bytes) throw refuse(name, `${bytes} bytes`);
    return id;
  }

  return {
    field,
    list,
    text,
    integer,
    double,
    optionalId,
    id(message: unknown, name: string, bytes: number): Buffer {
      const id = optionalId(message, name, bytes);
      if (id === null) throw refuse(name, `${bytes} bytes that are not all zero`);
      return id;
    },
    bytes: (message: unknown, name: string): string => raw(message, name, "base64").toString("base64"),
    /** Nanoseconds since 1970. */
    time(message: unknown, name: string): bigint {
      const value = toBigInt(field(message, name) ?? 0);
      if (value === null || value < 0n || value > latest) throw refuse(name, "nanoseconds since 1970");
      return value;
    },
    /** A number of an enumeration; 0 where it is none. */
    small(message: unknown, name: string): number {
      const value = field(message, name);
      return typeof value === "number" && Number.isInteger(value) ? value : 0;
    },
  };
}

export type ScalarReader = ReturnType<typeof createScalarReader>;
