import type { Datatype, Tensor, TensorDataTypes } from "./tensor.ts";

/** Reads one JSON value as a tensor's value; undefined when it is none of the datatype. */
type Reader<V> = (value: unknown) => V | undefined;

/** The datatypes that JSON can carry. Source: Open Inference Protocol, "Tensor Data"; FP16 is the one that it cannot. */
export type JsonDatatype = Exclude<Datatype, "FP16">;

interface Codec<D extends JsonDatatype> {
  /** What a caller may send, in words. */
  readonly allowed: string;
  readonly allocate: (size: number) => TensorDataTypes[D];
  readonly read: Reader<TensorDataTypes[D][number]>;
  readonly write: (value: TensorDataTypes[D][number]) => string;
}

const decimal = /^-?\d{1,20}$/;

function smallInteger(min: number, max: number): Reader<number> {
  return (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
}

/** Numbers past 2^53 have lost digits before we see them, so those must come as big integers or as decimal text. */
function bigInteger(min: bigint, max: bigint): Reader<bigint> {
  const within = (value: bigint) => (value >= min && value <= max ? value : undefined);
  return (value) => {
    if (typeof value === "number") return Number.isSafeInteger(value) ? within(BigInt(value)) : undefined;
    if (typeof value === "bigint") return within(value);
    return typeof value === "string" && decimal.test(value) ? within(BigInt(value)) : undefined;
  };
}

const notFinite = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

function float(round: (value: number) => number): Reader<number> {
  return (value) => {
    if (typeof value === "number") return Number.isFinite(round(value)) ? value : undefined;
    if (typeof value === "bigint") return float(round)(Number(value));
    return typeof value === "string" ? notFinite.get(value) : undefined;
  };
}

/** JSON has no NaN and no infinity, and JavaScript writes -0 as 0. */
function writeFloat(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? "-0" : String(value);
}

const floatWords = 'numbers, or the strings "NaN", "Infinity" and "-Infinity"';
const integerWords = (min: number | bigint, max: number | bigint) => `whole numbers from ${min} to ${max}`;
const bigWords = (min: bigint, max: bigint) => `${integerWords(min, max)}, in digits or as strings of digits`;

const int64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const uint64 = [0n, 2n ** 64n - 1n] as const;

function integers<A>(min: number, max: number, allocate: (size: number) => A) {
  return { allowed: integerWords(min, max), allocate, read: smallInteger(min, max), write: String };
}

/** How the values of each datatype travel in JSON. */
const codecs: { readonly [D in JsonDatatype]: Codec<D> } = {
  BOOL: {
    allowed: "true or false",
    allocate: (size) => new Uint8Array(size),
    read: (value) => (typeof value === "boolean" ? Number(value) : undefined),
    write: (value) => (value === 0 ? "false" : "true"),
  },
  UINT8: integers(0, 0xff, (size) => new Uint8Array(size)),
  UINT16: integers(0, 0xffff, (size) => new Uint16Array(size)),
  UINT32: integers(0, 0xffffffff, (size) => new Uint32Array(size)),
  INT8: integers(-0x80, 0x7f, (size) => new Int8Array(size)),
  INT16: integers(-0x8000, 0x7fff, (size) => new Int16Array(size)),
  INT32: integers(-0x80000000, 0x7fffffff, (size) => new Int32Array(size)),
  INT64: {
    allowed: bigWords(...int64),
    allocate: (size) => new BigInt64Array(size),
    read: bigInteger(...int64),
    write: String,
  },
  UINT64: {
    allowed: bigWords(...uint64),
    allocate: (size) => new BigUint64Array(size),
    read: bigInteger(...uint64),
    write: String,
  },
  FP32: {
    allowed: floatWords,
    allocate: (size) => new Float32Array(size),
    read: float(Math.fround),
    write: writeFloat,
  },
  FP64: {
    allowed: floatWords,
    allocate: (size) => new Float64Array(size),
    read: float((value) => value),
    write: writeFloat,
  },
  BYTES: {
    allowed: "strings of valid Unicode without the character U+0000",
    allocate: (size) => new Array<string>(size).fill(""),
    read: (value) =>
      typeof value === "string" && value.isWellFormed() && !value.includes("\0") ? value : undefined,
    write: (value) => JSON.stringify(value),
  },
};

/** Whether JSON can carry a datatype. */
export function isJsonDatatype(name: unknown): name is JsonDatatype {
  return typeof name === "string" && Object.hasOwn(codecs, name);
}

interface BadValue {
  readonly at: number;
  readonly value: unknown;
  readonly allowed: string;
}

/** A tensor from JSON values in row-major order; or the first value that does not fit. */
export function readValues(
  datatype: JsonDatatype,
  shape: readonly number[],
  values: readonly unknown[],
): { readonly tensor: Tensor } | { readonly bad: BadValue } {
  const { allowed, allocate, read } = codecs[datatype] as Codec<"FP32">;
  const data = allocate(values.length);
  for (const [at, value] of values.entries()) {
    const one = read(value);
    if (one === undefined) return { bad: { at, value, allowed } };
    data[at] = one;
  }
  return { tensor: { datatype, shape, data } as Tensor };
}

/** A tensor's values as the text of a flat JSON array, every value exactly. */
export function writeValues(tensor: Tensor): string {
  if (isPlain(tensor)) return `[${(tensor.data as Float32Array).join()}]`;
  const write = writerOf(tensor);
  let text = "[";
  for (let at = 0; at < tensor.data.length; at++) text += (at > 0 ? "," : "") + write(at);
  return `${text}]`;
}

/** Whether the language itself writes all values of a tensor as JSON has them. */
function isPlain({ datatype, data }: Tensor): boolean {
  if (datatype === "BYTES" || datatype === "BOOL" || datatype === "FP16") return false;
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return true;
  for (const value of data) if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  return true;
}

/** The text of each entry along a tensor's first dimension, nested as the others say; of a scalar, one entry. */
export function writeRows(tensor: Tensor): readonly string[] {
  const write = writerOf(tensor);
  const [length = 1, ...inner] = tensor.shape;
  let at = 0;
  const level = (depth: number): string => {
    const size = inner[depth];
    if (size === undefined) return write(at++);
    const parts: string[] = [];
    for (let index = 0; index < size; index++) parts.push(level(depth + 1));
    return `[${parts.join(",")}]`;
  };
  return Array.from({ length }, () => level(0));
}

function writerOf({ datatype, data }: Tensor): (at: number) => string {
  if (!isJsonDatatype(datatype)) throw new Error(`JSON cannot carry ${datatype}`);
  const { write } = codecs[datatype] as Codec<"FP32">;
  return (at) => write((data as Float32Array)[at] as number);
}
