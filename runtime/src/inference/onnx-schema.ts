import { Problem } from "../domain/problem.ts";
import { type Range, readFields, WireError, type WireField, wireTypes } from "./protobuf-fields.ts";

/**
 * Which fields of ONNX's messages hold messages in which weights or operators can be. Field numbers are from the ONNX
 * specification, onnx.proto3.
 */
const children = {
  Model: { 7: "Graph", 20: "Training", 25: "Function" },
  Graph: { 1: "Node", 5: "Tensor", 15: "SparseTensor" },
  Node: { 5: "Attribute" },
  Attribute: {
    5: "Tensor",
    6: "Graph",
    10: "Tensor",
    11: "Graph",
    22: "SparseTensor",
    23: "SparseTensor",
  },
  Tensor: {},
  SparseTensor: { 1: "Tensor", 2: "Tensor" },
  Function: { 7: "Node", 11: "Attribute" },
  Training: { 1: "Graph", 2: "Graph" },
} as const satisfies Record<string, Readonly<Record<number, string>>>;
export type MessageName = keyof typeof children;

/** Fields that say something by themselves. */
export const fieldNumbers = {
  Model: { irVersion: 1, graph: 7, opset: 8, functions: 25 },
  Graph: { initializer: 5, input: 11, output: 12 },
  Node: { operator: 4, domain: 7 },
  Tensor: { name: 8, externalData: 13, dataLocation: 14 },
} as const;

/** As deep as protocol buffers are read by everyone else. Source: "CodedInputStream", protobuf.dev. */
const depthLimit = 100;
/** Graphs of large language models have some 100,000 nodes with a few attributes each. */
const messageLimit = 4_000_000;

/** Told of each field of each message; the model itself has depth 0. */
export type OnnxVisit = (message: MessageName, field: WireField, depth: number) => void;

/**
 * Visits every field of a model file in which weights or operators can be, with no memory of its own.
 * Throws a `WireError` for bytes that are no model, and MODEL_UNSUPPORTED past 100 levels or 4,000,000 messages.
 */
export function walkOnnx(bytes: Uint8Array, visit: OnnxVisit): void {
  let count = 0;

  function walk(message: MessageName, range: Range, depth: number): void {
    if (depth > depthLimit) throw tooLarge(`is nested deeper than ${depthLimit} levels`);
    if (++count > messageLimit) throw tooLarge(`has more than ${messageLimit} parts`);
    const below: Readonly<Record<number, MessageName>> = children[message];
    readFields(bytes, range, (field) => {
      visit(message, field, depth);
      const child = below[field.number];
      if (child !== undefined) walk(child, messageIn(field), depth + 1);
    });
  }

  walk("Model", { start: 0, end: bytes.length }, 0);
}

const tooLarge = (how: string) => new Problem("MODEL_UNSUPPORTED", `The model ${how}; it is not loaded.`);

/** Where a field's message lies. Throws a `WireError` where it is none. */
export function messageIn(field: WireField): Range {
  if (field.wire !== wireTypes.bytes) throw new WireError("a message has the type of a number");
  return field;
}

/** A field's text, cut at so many bytes. */
export function textIn(bytes: Uint8Array, field: WireField, limit: number): string {
  const { start, end } = messageIn(field);
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, limit)).toString("utf8");
}
