import type { Datatype, Tensor } from "./tensor.ts";

type NumericDatatype = Exclude<Datatype, "BYTES">;

interface View {
  new (buffer: ArrayBufferLike, offset: number, length: number): Exclude<Tensor["data"], string[]>;
  readonly BYTES_PER_ELEMENT: number;
}

const views: { readonly [D in NumericDatatype]: View } = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
};

const lengthBytes = 4;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of one value; null for BYTES, whose values have no common size. */
export function widthOf(datatype: Datatype): number | null {
  return datatype === "BYTES" ? null : views[datatype].BYTES_PER_ELEMENT;
}

/**
 * A tensor of `size` values from its bytes, or what is wrong with them. Values are little-endian in row-major order;
 * those of BYTES each follow their length in four bytes. The bytes are used in place where they are aligned.
 * Source: Triton Inference Server, "Binary Tensor Data Extension".
 */
export function readBytes(
  datatype: Datatype,
  shape: readonly number[],
  size: number,
  bytes: Uint8Array,
): Tensor | string {
  if (datatype === "BYTES") {
    const data = readStrings(bytes, size);
    return typeof data === "string" ? data : { datatype, shape, data };
  }
  const view = views[datatype];
  const width = view.BYTES_PER_ELEMENT;
  if (bytes.byteLength !== size * width) {
    return `shape [${shape.join(", ")}] of ${datatype} holds ${size * width} bytes, not ${bytes.byteLength}.`;
  }
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  const data = new view(aligned.buffer, aligned.byteOffset, size);
  if (datatype === "BOOL") {
    const at = (data as Uint8Array).findIndex((value) => value > 1);
    if (at >= 0) return `value ${at} is the byte ${data[at]}; BOOL takes 0 and 1.`;
  }
  return { datatype, shape, data } as Tensor;
}

function readStrings(bytes: Uint8Array, size: number): string[] | string {
  if (size * lengthBytes > bytes.byteLength) {
    return `${size} values of BYTES need at least ${size * lengthBytes} bytes, there are ${bytes.byteLength}.`;
  }
  const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: string[] = [];
  let at = 0;
  while (values.length < size) {
    const start = at + lengthBytes;
    if (start > bytes.byteLength) return `value ${values.length} begins past the end of the bytes.`;
    const end = start + numbers.getUint32(at, true);
    if (end > bytes.byteLength) {
      return `value ${values.length} says that it has ${end - start} bytes, ${bytes.byteLength - start} are left.`;
    }
    const text = readText(bytes.subarray(start, end));
    if (text === null) return `value ${values.length} must be UTF-8 without the character U+0000.`;
    values.push(text);
    at = end;
  }
  return at === bytes.byteLength ? values : `${bytes.byteLength - at} bytes are left after ${size} values.`;
}

/** Text from UTF-8; null for other bytes, and for U+0000, at which ONNX Runtime would cut the text. */
export function readText(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** A tensor's values as they travel in binary; of numbers without a copy. */
export function writeBytes(tensor: Tensor): Uint8Array {
  if (tensor.datatype !== "BYTES") {
    return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  }
  const sizes = tensor.data.map((value) => Buffer.byteLength(value));
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size + lengthBytes, 0));
  let at = 0;
  for (const [index, value] of tensor.data.entries()) {
    at = bytes.writeUInt32LE(sizes[index] ?? 0, at);
    at += bytes.write(value, at);
  }
  return bytes;
}
