import type { TensorSpec } from "@bedplate/contract";

type Datatype = TensorSpec["datatype"];
type Value = number | boolean | string;
type Nested = Value | readonly Nested[];

/** One tensor of the Open Inference Protocol in JSON: values in row-major order. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: readonly Value[];
}

export type Read<T> = { readonly value: T } | { readonly problems: readonly string[] };

/** Most values that get a field each; more are typed as JSON. */
const fieldLimit = 24;
/** Most values that a sample is written for. */
const sampleLimit = 4_096;
const problemLimit = 5;

const integerBits: Partial<Record<Datatype, { bits: number; signed: boolean }>> = {
  INT8: { bits: 8, signed: true },
  INT16: { bits: 16, signed: true },
  INT32: { bits: 32, signed: true },
  INT64: { bits: 64, signed: true },
  UINT8: { bits: 8, signed: false },
  UINT16: { bits: 16, signed: false },
  UINT32: { bits: 32, signed: false },
  UINT64: { bits: 64, signed: false },
};

/** Smallest and largest integer that a type holds and JSON carries exactly. */
function integerRange(datatype: Datatype): readonly [number, number] | null {
  const kind = integerBits[datatype];
  if (kind === undefined) return null;
  const high = 2 ** (kind.signed ? kind.bits - 1 : kind.bits) - 1;
  const low = kind.signed ? -(2 ** (kind.bits - 1)) : 0;
  return [Math.max(low, Number.MIN_SAFE_INTEGER), Math.min(high, Number.MAX_SAFE_INTEGER)];
}

/** "[any, 4]" for [-1, 4]. */
export function describeShape(shape: readonly number[]): string {
  return `[${shape.map((size) => (size < 0 ? "any" : size)).join(", ")}]`;
}

const oneRow = (spec: TensorSpec) => spec.shape.map((size) => (size < 0 ? 1 : size));
const product = (shape: readonly number[]) => shape.reduce((all, size) => all * size, 1);

/** How many fields one row of an input takes; null when fields are the wrong way to type it. */
export function fieldCount(spec: TensorSpec): number | null {
  const count = product(oneRow(spec));
  return spec.shape.length <= 2 && count >= 1 && count <= fieldLimit ? count : null;
}

/** What a field holds before anybody types. */
export function sampleField(datatype: Datatype): string {
  if (datatype === "BOOL") return "false";
  return datatype === "BYTES" ? "text" : "0";
}

function nest(shape: readonly number[], value: Value): Nested {
  const [size, ...rest] = shape;
  return size === undefined ? value : Array.from({ length: size }, () => nest(rest, value));
}

/** One row as JSON to start from; empty where it would be too long to edit. */
export function sampleJson(spec: TensorSpec): string {
  const shape = oneRow(spec);
  if (product(shape) > sampleLimit) return "";
  const text = sampleField(spec.datatype);
  const value = spec.datatype === "BYTES" ? text : (JSON.parse(text) as Value);
  return JSON.stringify(nest(shape, value));
}

/** Why a value does not fit a type; null when it does. */
function misfit(value: Value, datatype: Datatype): string | null {
  const shown = JSON.stringify(value);
  if (datatype === "BYTES") return typeof value === "string" ? null : `${shown} is not text`;
  if (datatype === "BOOL") return typeof value === "boolean" ? null : `${shown} is not true or false`;
  if (typeof value !== "number" || !Number.isFinite(value)) return `${shown} is not a number`;
  const range = integerRange(datatype);
  if (range === null) return null;
  if (!Number.isInteger(value)) return `${shown} is not a whole number, which ${datatype} needs`;
  const [low, high] = range;
  return value < low || value > high ? `${shown} is outside ${low} to ${high}` : null;
}

/** Checks values against the type, and says what is wrong with the first few. */
function finish(spec: TensorSpec, shape: readonly number[], data: readonly Value[]): Read<Tensor> {
  const problems = data.flatMap((value, at) => {
    const why = misfit(value, spec.datatype);
    return why === null
      ? []
      : [data.length === 1 ? `${spec.name}: ${why}` : `${spec.name}, value ${at + 1}: ${why}`];
  });
  if (problems.length > problemLimit) {
    const rest = problems.length - problemLimit;
    return { problems: [...problems.slice(0, problemLimit), `${spec.name}: ${rest} more of the kind`] };
  }
  if (problems.length > 0) return { problems };
  return { value: { name: spec.name, datatype: spec.datatype, shape, data } };
}

/** A typed text as a value; text that is none stays text, which the type then refuses. */
function readField(text: string, datatype: Datatype): Value {
  if (datatype === "BYTES") return text;
  const trimmed = text.trim();
  if (datatype === "BOOL") {
    if (/^(true|1)$/i.test(trimmed)) return true;
    return /^(false|0)$/i.test(trimmed) ? false : text;
  }
  return trimmed === "" || Number.isNaN(Number(trimmed)) ? text : Number(trimmed);
}

/** One row from fields, in order. */
export function readFields(spec: TensorSpec, texts: readonly string[]): Read<Tensor> {
  return finish(
    spec,
    oneRow(spec),
    texts.map((text) => readField(text, spec.datatype)),
  );
}

/** The shape of nested lists; null when lists beside each other differ in length or depth. */
function shapeOf(nested: Nested): readonly number[] | null {
  if (!Array.isArray(nested)) return [];
  const inner = nested.map((item: Nested) => shapeOf(item));
  const [first = []] = inner;
  const same = inner.every((shape) => shape !== null && first !== null && shape.join() === first.join());
  return same && first !== null ? [nested.length, ...first] : null;
}

/** Rows from JSON: nested lists of the input's shape, */
export function readJson(spec: TensorSpec, text: string): Read<Tensor> {
  let nested: Nested;
  try {
    nested = JSON.parse(text) as Nested;
  } catch {
    return {
      problems: [`${spec.name}: this is not JSON; write lists of values such as ${sampleJson(spec)}`],
    };
  }
  const shape = shapeOf(nested);
  if (shape === null) return { problems: [`${spec.name}: the lists are not all of one length`] };
  const fits =
    shape.length === spec.shape.length && spec.shape.every((size, at) => size < 0 || size === shape[at]);
  if (!fits || product(shape) === 0) {
    const wanted = describeShape(spec.shape);
    return { problems: [`${spec.name}: the shape is ${describeShape(shape)}, the model takes ${wanted}`] };
  }
  const data = Array.isArray(nested) ? (nested.flat(Number.POSITIVE_INFINITY) as Value[]) : [nested as Value];
  return finish(spec, shape, data);
}
