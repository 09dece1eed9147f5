import protobuf from "protobufjs/light.js";
import { TensorBytes } from "../domain/inference-inputs.ts";
import { Problem } from "../domain/problem.ts";
import { typedContents } from "./typed-contents.ts";

type Parameters = Record<string, unknown>;

interface WireInput {
  name: string;
  datatype: string;
  shape: number[];
  parameters: Parameters;
  contents: Uint8Array | null;
}

/** A ModelInfer request as it was sent, not compared with any model yet. */
export interface InferCall {
  readonly model: string;
  readonly version: string | undefined;
  /** In the words of a request in JSON, whose reader takes it from here. */
  readonly body: Record<string, unknown>;
}

/** Inputs, outputs, raw contents or parameters that one message may hold; without bytes in them they cost memory still. */
const elementLimit = 4_096;
const dimensionLimit = 64;

const none: Uint8Array = new Uint8Array(0);

/** A field's number and wire type as they stand before it. Source: Protocol Buffers, "Encoding". */
const varint = (id: number) => id << 3;
const fixed64 = (id: number) => (id << 3) | 1;
const delimited = (id: number) => (id << 3) | 2;

/**
 * Reads a ModelInfer request by hand: made as objects first, a body of empty messages would take fifty times its bytes.
 * Field numbers are those of inference.proto. Throws MALFORMED_BODY for what is no such message, and INVALID_REQUEST
 * where only some inputs have raw contents.
 */
export function readInferCall(bytes: Buffer): InferCall {
  const message = wellFormed(() => readMessage(bytes));
  const { id, inputs, outputs, parameters, raw } = message;
  if (raw.length > 0) requireAllRaw(inputs, raw);
  return {
    model: message.model,
    version: message.version === "" ? undefined : message.version,
    body: {
      ...(id === "" ? {} : { id }),
      parameters: own({ ...parameters, binary_data_output: true }),
      inputs: inputs.map(({ contents, ...input }, at) => ({
        ...input,
        data: raw.length > 0 ? TensorBytes.of(raw[at] ?? none) : typedContents(contents ?? none),
      })),
      outputs,
    },
  };
}

/** Source: kserve/open-inference-protocol, "Inference": raw contents are given for all inputs or for none. */
function requireAllRaw(inputs: readonly WireInput[], raw: readonly Uint8Array[]): void {
  const typed = inputs.filter(({ contents }) => contents !== null).length;
  if (typed === 0 && raw.length === inputs.length) return;
  throw new Problem(
    "INVALID_REQUEST",
    `Where one input has raw contents, all must: ${inputs.length} inputs, ${raw.length} of them in raw_input_contents ` +
      `and ${typed} in contents.`,
  );
}

function wellFormed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(
      "MALFORMED_BODY",
      "The message is no ModelInferRequest in protobuf, or it is cut short.",
    );
  }
}

function readMessage(bytes: Buffer) {
  const reader = protobuf.Reader.create(bytes);
  const message = { model: "", version: "", id: "", parameters: own({}) };
  const inputs: WireInput[] = [];
  const outputs: { name: string; parameters: Parameters }[] = [];
  const raw: Uint8Array[] = [];
  eachField(reader, reader.len, (tag) => {
    if (tag === delimited(1)) message.model = reader.string();
    else if (tag === delimited(2)) message.version = reader.string();
    else if (tag === delimited(3)) message.id = reader.string();
    else if (tag === delimited(4)) readParameter(reader, message.parameters);
    else if (tag === delimited(5)) bounded(inputs, "inputs").push(readInput(reader));
    else if (tag === delimited(6)) bounded(outputs, "outputs").push(readOutput(reader));
    else if (tag === delimited(7)) bounded(raw, "raw_input_contents").push(reader.bytes());
    else reader.skipType(tag & 7);
  });
  return { ...message, inputs, outputs, raw };
}

function eachField(reader: protobuf.Reader, end: number, read: (tag: number) => void): void {
  if (end > reader.len) throw new RangeError("cut short");
  while (reader.pos < end) read(reader.uint32());
  if (reader.pos !== end) throw new RangeError("a field ends past its message");
}

/** Reads the fields of a message within a message. */
function eachInnerField(reader: protobuf.Reader, read: (tag: number) => void): void {
  const length = reader.uint32();
  eachField(reader, reader.pos + length, read);
}

function bounded<T>(list: T[], what: string): T[] {
  if (list.length < elementLimit) return list;
  throw new Problem("INVALID_REQUEST", `A request may have ${elementLimit} ${what}.`);
}

function readInput(reader: protobuf.Reader): WireInput {
  const input: WireInput = { name: "", datatype: "", shape: [], parameters: own({}), contents: null };
  eachInnerField(reader, (tag) => {
    if (tag === delimited(1)) input.name = reader.string();
    else if (tag === delimited(2)) input.datatype = reader.string();
    else if (tag === varint(3)) addDimension(input.shape, reader);
    else if (tag === delimited(3)) {
      const end = reader.uint32() + reader.pos;
      eachPacked(reader, end, () => addDimension(input.shape, reader));
    } else if (tag === delimited(4)) readParameter(reader, input.parameters);
    else if (tag === delimited(5)) {
      const more = reader.bytes();
      // A message that is sent in two parts is both of them, one behind the other.
      input.contents = input.contents === null ? more : Buffer.concat([input.contents, more]);
    } else reader.skipType(tag & 7);
  });
  return input;
}

function eachPacked(reader: protobuf.Reader, end: number, read: () => void): void {
  if (end > reader.len) throw new RangeError("cut short");
  while (reader.pos < end) read();
}

function addDimension(shape: number[], reader: protobuf.Reader): void {
  if (shape.length >= dimensionLimit) {
    throw new Problem("INVALID_REQUEST", `A shape may have ${dimensionLimit} dimensions.`);
  }
  shape.push(numberOf(reader.int64()));
}

function readOutput(reader: protobuf.Reader): { name: string; parameters: Parameters } {
  const output = { name: "", parameters: own({}) };
  eachInnerField(reader, (tag) => {
    if (tag === delimited(1)) output.name = reader.string();
    else if (tag === delimited(2)) readParameter(reader, output.parameters);
    else reader.skipType(tag & 7);
  });
  // Every output travels in raw contents, whatever is said of it.
  delete output.parameters.binary_data;
  return output;
}

/** One entry of a map from texts to InferParameter. */
function readParameter(reader: protobuf.Reader, parameters: Parameters): void {
  let key = "";
  let value: unknown;
  eachInnerField(reader, (tag) => {
    if (tag === delimited(1)) key = reader.string();
    else if (tag === delimited(2)) value = readParameterValue(reader);
    else reader.skipType(tag & 7);
  });
  parameters[key] = value;
  if (Object.keys(parameters).length > dimensionLimit) {
    throw new Problem(
      "INVALID_REQUEST",
      `A request, an input or an output may have ${dimensionLimit} parameters.`,
    );
  }
}

function readParameterValue(reader: protobuf.Reader): unknown {
  let value: unknown;
  eachInnerField(reader, (tag) => {
    if (tag === varint(1)) value = reader.bool();
    else if (tag === varint(2)) value = numberOf(reader.int64());
    else if (tag === delimited(3)) value = reader.string();
    else if (tag === fixed64(4)) value = reader.double();
    else if (tag === varint(5)) value = numberOf(reader.uint64());
    else reader.skipType(tag & 7);
  });
  return value;
}

/** Past 2^53 it is no exact number any more, which is more than any dimension or parameter means. */
const numberOf = (value: unknown) => Number(String(value));

/** An object in which no name means anything by itself. */
const own = (fields: Parameters): Parameters => Object.assign(Object.create(null), fields);
