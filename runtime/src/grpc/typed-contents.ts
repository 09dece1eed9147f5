import protobuf from "protobufjs/light.js";
import { TensorBytes } from "../domain/inference-inputs.ts";
import type { Datatype } from "../domain/tensor.ts";
import { widthOf } from "../domain/tensor-bytes.ts";

/** How one value lies in the message and where it is written to; false where the datatype does not hold it. */
interface TypedField {
  /** Number of the field in InferTensorContents. */
  readonly id: number;
  readonly name: string;
  readonly wireType: 0 | 1 | 2 | 5;
  readonly put: (reader: protobuf.Reader, to: DataView, at: number) => boolean;
}

interface Long64 {
  readonly low: number;
  readonly high: number;
}

function put64(value: unknown, to: DataView, at: number): boolean {
  const { low, high } = value as Long64;
  to.setInt32(at, low, true);
  to.setInt32(at + 4, high, true);
  return true;
}

const within = (value: number, min: number, max: number) => value >= min && value <= max;

function signed(
  min: number,
  max: number,
  put: (to: DataView, at: number, value: number) => void,
): TypedField {
  return {
    id: 2,
    name: "int_contents",
    wireType: 0,
    put: (reader, to, at) => {
      const value = reader.int32();
      put(to, at, value);
      return within(value, min, max);
    },
  };
}

function unsigned(max: number, put: (to: DataView, at: number, value: number) => void): TypedField {
  return {
    id: 4,
    name: "uint_contents",
    wireType: 0,
    put: (reader, to, at) => {
      const value = reader.uint32();
      put(to, at, value);
      return within(value, 0, max);
    },
  };
}

/** Bits are moved, never values: a NaN keeps its payload. */
const move32 = (reader: protobuf.Reader, to: DataView, at: number) => {
  to.setUint32(at, reader.fixed32(), true);
  return true;
};

/** Source: kserve/open-inference-protocol, "Tensor Data" of the gRPC API. FP16 has no field; it travels raw. */
const fields: { readonly [D in Exclude<Datatype, "FP16" | "BYTES">]: TypedField } = {
  BOOL: {
    id: 1,
    name: "bool_contents",
    wireType: 0,
    put: (reader, to, at) => {
      to.setUint8(at, reader.bool() ? 1 : 0);
      return true;
    },
  },
  INT8: signed(-0x80, 0x7f, (to, at, value) => to.setInt8(at, value)),
  INT16: signed(-0x8000, 0x7fff, (to, at, value) => to.setInt16(at, value, true)),
  INT32: signed(-0x80000000, 0x7fffffff, (to, at, value) => to.setInt32(at, value, true)),
  INT64: {
    id: 3,
    name: "int64_contents",
    wireType: 0,
    put: (reader, to, at) => put64(reader.int64(), to, at),
  },
  UINT8: unsigned(0xff, (to, at, value) => to.setUint8(at, value)),
  UINT16: unsigned(0xffff, (to, at, value) => to.setUint16(at, value, true)),
  UINT32: unsigned(0xffffffff, (to, at, value) => to.setUint32(at, value, true)),
  UINT64: {
    id: 5,
    name: "uint64_contents",
    wireType: 0,
    put: (reader, to, at) => put64(reader.uint64(), to, at),
  },
  FP32: { id: 6, name: "fp32_contents", wireType: 5, put: move32 },
  FP64: {
    id: 7,
    name: "fp64_contents",
    wireType: 1,
    put: (reader, to, at) => move32(reader, to, at) && move32(reader, to, at + 4),
  },
};

const bytesField = 8;
const lengthDelimited = 2;

/** The values of an InferTensorContents as the bytes that raw contents would have; both are read alike from there. */
export function typedContents(contents: Uint8Array): TensorBytes {
  return new TensorBytes((datatype, size) => {
    try {
      return datatype === "BYTES" ? joinTexts(contents, size) : writeNumbers(contents, datatype, size);
    } catch {
      return "its contents are no InferTensorContents in protobuf, or they are cut short.";
    }
  });
}

const wrongCount = (size: number, name: string, found: string) =>
  `the shape holds ${size} value${size === 1 ? "" : "s"}, ${name} has ${found}.`;

function writeNumbers(contents: Uint8Array, datatype: Datatype, size: number): Uint8Array | string {
  const width = widthOf(datatype);
  if (datatype === "FP16" || datatype === "BYTES" || width === null) {
    return "FP16 travels in raw_input_contents only.";
  }
  const { id, name, wireType, put } = fields[datatype];
  // No value takes less than a byte, so a shape that says more is wrong before anything is allocated.
  if (size > contents.length) return wrongCount(size, name, "fewer");
  const bytes = new Uint8Array(size * width);
  const to = new DataView(bytes.buffer);
  const reader = protobuf.Reader.create(contents);
  let count = 0;
  let bad = -1;
  const one = () => {
    if (count < size && !put(reader, to, count * width) && bad < 0) bad = count;
    else if (count >= size) reader.skipType(wireType);
    count++;
  };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === ((id << 3) | wireType)) one();
    else if (tag === ((id << 3) | lengthDelimited)) {
      const end = reader.uint32() + reader.pos;
      if (end > reader.len) throw new RangeError("cut short");
      while (reader.pos < end) one();
    } else if (tag >>> 3 <= bytesField)
      return `${datatype} is given in ${name}, not in another field of contents.`;
    else reader.skipType(tag & 7);
  }
  if (count !== size) return wrongCount(size, name, String(count));
  return bad < 0 ? bytes : `value ${bad} of ${name} is none of ${datatype}.`;
}

/** Each text behind its length in four bytes, as they lie in raw contents. */
function joinTexts(contents: Uint8Array, size: number): Uint8Array | string {
  if (size > contents.length) return wrongCount(size, "bytes_contents", "fewer");
  const bytes = Buffer.allocUnsafe(contents.length + size * 4);
  const reader = protobuf.Reader.create(contents);
  let at = 0;
  let count = 0;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag !== ((bytesField << 3) | lengthDelimited)) {
      if (tag >>> 3 < bytesField)
        return "BYTES is given in bytes_contents, not in another field of contents.";
      reader.skipType(tag & 7);
      continue;
    }
    const text = reader.bytes();
    count++;
    if (count > size) continue;
    at = bytes.writeUInt32LE(text.length, at);
    bytes.set(text, at);
    at += text.length;
  }
  return count === size ? bytes.subarray(0, at) : wrongCount(size, "bytes_contents", String(count));
}
