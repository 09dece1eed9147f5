import { messageIn, textIn } from "./onnx-schema.ts";
import { readFields, WireError, type WireField } from "./protobuf-fields.ts";

/** An input or output as a model file says it. */
export interface OnnxValue {
  readonly name: string;
  /** `TensorProto.DataType`; null where it is a sequence, a map, or nothing. */
  readonly elementType: number | null;
  /** Null where the file has none; a dimension that is open or has only a name is -1. */
  readonly shape: readonly number[] | null;
}

const nameLimit = 65_536;
const rankLimit = 1_000;

/**
 * Reads a `ValueInfoProto`. What is there twice counts as every reader of protocol buffers has it: the last number or
 * text, and lists put together. Field numbers are from the ONNX specification, onnx.proto3. `read` may count what it reads.
 */
export function readValue(bytes: Uint8Array, value: WireField, read = readFields): OnnxValue {
  let name = "";
  let elementType: number | null = null;
  let shape: number[] | null = null;
  const each = (field: WireField, visit: (inner: WireField) => void) => read(bytes, messageIn(field), visit);

  const dimension = (field: WireField): number => {
    let size = -1;
    each(field, ({ number, value }) => {
      if (number === 1 && value > 0 && value <= Number.MAX_SAFE_INTEGER) size = value;
    });
    return size;
  };
  const addShape = (field: WireField) => {
    const dimensions: number[] = shape ?? [];
    shape = dimensions;
    each(field, (inner) => {
      if (inner.number !== 1) return;
      if (dimensions.length === rankLimit) throw new WireError("a shape has too many dimensions");
      dimensions.push(dimension(inner));
    });
  };
  const readTensorType = (field: WireField) => {
    elementType ??= 0;
    each(field, (inner) => {
      if (inner.number === 1) elementType = inner.value;
      if (inner.number === 2) addShape(inner);
    });
  };
  each(value, (field) => {
    if (field.number === 1) name = textIn(bytes, field, nameLimit);
    if (field.number !== 2) return;
    each(field, (inner) => {
      if (inner.number === 1) readTensorType(inner);
    });
  });
  return { name, elementType, shape };
}
