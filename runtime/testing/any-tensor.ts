import fc from "fast-check";
import type { Datatype, Tensor } from "../src/domain/tensor.ts";

const of = <D extends Datatype>(datatype: D, size: number, data: Tensor["data"]) =>
  ({ datatype, shape: [size], data }) as Tensor;
const typed = <A>(values: fc.Arbitrary<A>, make: (values: A[]) => Tensor) =>
  fc.array(values, { maxLength: 20 }).map(make);

/** Any tensor that JSON can carry, NaN, infinities, -0 and whole numbers of 64 bits included. */
export const anyJsonTensor: fc.Arbitrary<Tensor> = fc.oneof(
  typed(fc.boolean(), (v) => of("BOOL", v.length, Uint8Array.from(v, Number))),
  typed(fc.integer({ min: 0, max: 255 }), (v) => of("UINT8", v.length, Uint8Array.from(v))),
  typed(fc.integer({ min: 0, max: 65_535 }), (v) => of("UINT16", v.length, Uint16Array.from(v))),
  typed(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (v) => of("UINT32", v.length, Uint32Array.from(v))),
  typed(fc.bigInt(0n, 2n ** 64n - 1n), (v) => of("UINT64", v.length, BigUint64Array.from(v))),
  typed(fc.integer({ min: -128, max: 127 }), (v) => of("INT8", v.length, Int8Array.from(v))),
  typed(fc.integer({ min: -32_768, max: 32_767 }), (v) => of("INT16", v.length, Int16Array.from(v))),
  typed(fc.integer(), (v) => of("INT32", v.length, Int32Array.from(v))),
  typed(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (v) => of("INT64", v.length, BigInt64Array.from(v))),
  typed(fc.float(), (v) => of("FP32", v.length, Float32Array.from(v))),
  typed(fc.double(), (v) => of("FP64", v.length, Float64Array.from(v))),
  typed(
    fc.string({ unit: "grapheme" }).filter((one) => !one.includes("\0")),
    (v) => of("BYTES", v.length, v),
  ),
);

/** Any tensor at all: those, and FP16 with any bits. */
export const anyTensor: fc.Arbitrary<Tensor> = fc.oneof(
  { weight: 12, arbitrary: anyJsonTensor },
  typed(fc.integer({ min: 0, max: 65_535 }), (v) => of("FP16", v.length, Uint16Array.from(v))),
);
