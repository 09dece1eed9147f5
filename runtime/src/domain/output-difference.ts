import type { Tensor } from "./tensor.ts";

type Outputs = ReadonlyMap<string, Tensor>;

/** How one answer differs from another one to the same request. */
export interface OutputDifference {
  /** Whether every value agrees within the tolerance. */
  readonly agreed: boolean;
  /** Another set of outputs, type or shape, or a number where the other has none. */
  readonly unlike: boolean;
  /** Largest differences between numbers; 0 where there are none to compare. */
  readonly maxAbsolute: number;
  readonly maxRelative: number;
  /** Rows of numbers, and those whose largest value stands at the same place. */
  readonly rows: number;
  readonly rowsAgreed: number;
}

interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

interface Sum {
  agreed: boolean;
  unlike: boolean;
  maxAbsolute: number;
  maxRelative: number;
  rows: number;
  rowsAgreed: number;
}

/** Compares a candidate's outputs with the champion's. A relative difference is a part of the champion's value. */
export function compareOutputs(
  champion: Outputs,
  candidate: Outputs,
  tolerance: Tolerance,
): OutputDifference {
  const sum = { agreed: true, unlike: false, maxAbsolute: 0, maxRelative: 0, rows: 0, rowsAgreed: 0 };
  for (const [name, expected] of champion) {
    const given = candidate.get(name);
    if (given === undefined || !isAlike(expected, given)) sum.unlike = true;
    else if (expected.datatype === "BYTES" || given.datatype === "BYTES") compareTexts(expected, given, sum);
    else compareNumbers(numbersOf(expected), numbersOf(given), expected.shape, tolerance, sum);
  }
  if (candidate.size !== champion.size || sum.unlike) {
    sum.unlike = true;
    sum.agreed = false;
  }
  return sum;
}

const isAlike = (a: Tensor, b: Tensor) =>
  a.datatype === b.datatype &&
  a.shape.length === b.shape.length &&
  a.shape.every((one, at) => one === b.shape[at]);

function compareTexts(expected: Tensor, given: Tensor, sum: Sum): void {
  for (let at = 0; at < expected.data.length; at++) {
    if (expected.data[at] !== given.data[at]) sum.agreed = false;
  }
}

function compareNumbers(
  expected: ArrayLike<number>,
  given: ArrayLike<number>,
  shape: readonly number[],
  tolerance: Tolerance,
  sum: Sum,
): void {
  const width = Math.max(1, shape.at(-1) ?? 1);
  for (let start = 0; start < expected.length; start += width) {
    let [best, bestGiven] = [start, start];
    for (let at = start; at < start + width; at++) {
      const [a, b] = [expected[at] ?? 0, given[at] ?? 0];
      if (a > (expected[best] ?? 0)) best = at;
      if (b > (given[bestGiven] ?? 0)) bestGiven = at;
      if (!Object.is(a, b) && a !== b) compareValues(a, b, tolerance, sum);
    }
    // With one value a row there is no largest one among several.
    if (width === 1) continue;
    sum.rows++;
    if (best === bestGiven) sum.rowsAgreed++;
  }
}

function compareValues(a: number, b: number, tolerance: Tolerance, sum: Sum): void {
  if (!Number.isFinite(a) || !Number.isFinite(b)) {
    sum.unlike = true;
    return;
  }
  const absolute = Math.min(Number.MAX_VALUE, Math.abs(a - b));
  const relative = a === 0 ? 0 : Math.min(Number.MAX_VALUE, absolute / Math.abs(a));
  sum.maxAbsolute = Math.max(sum.maxAbsolute, absolute);
  sum.maxRelative = Math.max(sum.maxRelative, relative);
  if (absolute > tolerance.absolute && (a === 0 || relative > tolerance.relative)) sum.agreed = false;
}

/** 64-bit whole numbers as doubles, half floats as their values: a difference needs no more. */
function numbersOf(tensor: Tensor): ArrayLike<number> {
  if (tensor.datatype === "INT64" || tensor.datatype === "UINT64")
    return Float64Array.from(tensor.data, Number);
  if (tensor.datatype === "FP16") return Float64Array.from(tensor.data, halfToNumber);
  return tensor.datatype === "BYTES" ? [] : tensor.data;
}

const fractionBits = 1024;

/** Source: IEEE 754-2019, binary16. */
function halfToNumber(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / fractionBits;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * 2 ** -14 * fraction : sign * 2 ** (exponent - 15) * (1 + fraction);
}
