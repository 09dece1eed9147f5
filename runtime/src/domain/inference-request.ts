import type { TensorSpec } from "@bedplate/contract";
import { type Fault, isFields, list, problemOf, quote, reportUnknownKeys } from "./inference-faults.ts";
import { type BinaryPart, readInputs } from "./inference-inputs.ts";
import { Problem } from "./problem.ts";
import type { InferenceRequest, Signature, Tensor } from "./tensor.ts";
import { readBytes, readText, widthOf } from "./tensor-bytes.ts";
import { isJsonDatatype } from "./tensor-values.ts";

/** KServe's SDK says the model's name a second time; which model is asked stands in the address. */
const requestKeys = ["id", "parameters", "inputs", "outputs", "model_name"];
const outputKeys = ["name", "parameters"];
const idLimit = 256;
const microsecondsPerMillisecond = 1_000;

/**
 * Reads an inference request and checks it against what the model takes. Sources: Open Inference Protocol, "Inference
 * Request JSON Object"; Triton Inference Server, "Binary Tensor Data Extension" and "Schedule Policy Extension"
 * (`timeout`, in microseconds). Other parameters are allowed and not looked at.
 * Throws a `Problem` that names everything that is wrong.
 */
export function readInferenceRequest(
  body: unknown,
  signature: Signature,
  part: BinaryPart | null = null,
): InferenceRequest {
  const faults: Fault[] = [];
  const invalid = (text: string) => faults.push({ code: "INVALID_REQUEST", text });
  if (!isFields(body)) throw new Problem("INVALID_REQUEST", 'The body must be an object with "inputs".');
  reportUnknownKeys(body, requestKeys, "The request", invalid);
  const { id, inputs, outputs, parameters } = body;
  if (id !== undefined && (typeof id !== "string" || id.length > idLimit)) {
    invalid(`"id" must be a string of at most ${idLimit} characters.`);
  }
  const { allBinary, timeoutMs } = readParameters(parameters, invalid);
  const tensors = readInputs(inputs, signature.inputs, part, faults);
  const wanted = readOutputs(outputs, signature.outputs, allBinary, faults);
  if (faults.length > 0) throw problemOf(faults);
  return {
    inputs: tensors,
    ...wanted,
    ...(typeof id === "string" ? { id } : {}),
    ...(timeoutMs === null ? {} : { timeoutMs }),
    ...(isFields(parameters) ? { parameters } : {}),
  };
}

/**
 * Reads a request that is nothing but the bytes of the model's only input; all outputs travel in binary.
 * Source: Triton Inference Server, "Binary Tensor Data Extension", "Raw Binary Request". A text stands alone, without
 * its length before it. Throws a `Problem` when the model's input does not follow from the bytes.
 */
export function readRawRequest(bytes: Uint8Array, { inputs, outputs }: Signature): InferenceRequest {
  const [spec, ...others] = inputs;
  const open = spec?.shape.filter((dimension) => dimension === -1).length ?? 0;
  if (spec === undefined || others.length > 0 || open > 1) {
    throw new Problem(
      "INVALID_REQUEST",
      `A body without JSON suits a model with one input of at most one open dimension; this one takes ${list(inputs)}.`,
    );
  }
  const tensor = readRawInput(bytes, spec);
  if (typeof tensor === "string") {
    throw new Problem("INPUT_INVALID", `Input ${quote(spec.name)}: ${tensor}`);
  }
  const names = outputs.map(({ name }) => name);
  return { inputs: new Map([[spec.name, tensor]]), outputs: names, binary: new Set(names) };
}

function readRawInput(bytes: Uint8Array, { datatype, shape }: TensorSpec): Tensor | string {
  const width = widthOf(datatype);
  if (datatype === "BYTES" || width === null) {
    if (shape.length !== 1 || (shape[0] !== 1 && shape[0] !== -1)) {
      return `a body without JSON carries one text; the shape is [${shape.join(", ")}], not [1].`;
    }
    const text = readText(bytes);
    if (text === null) return "the text must be UTF-8 without the character U+0000.";
    return { datatype: "BYTES", shape: [1], data: [text] };
  }
  const row = shape.reduce((size, dimension) => (dimension === -1 ? size : size * dimension), width);
  if (shape.includes(-1) && (row === 0 || bytes.byteLength % row !== 0)) {
    return `${bytes.byteLength} bytes are no multiple of the ${row} that shape [${shape.join(", ")}] takes each.`;
  }
  const full = shape.map((dimension) => (dimension === -1 ? bytes.byteLength / row : dimension));
  const size = full.reduce((product, dimension) => product * dimension, 1);
  return readBytes(datatype, full, size, bytes);
}

function readParameters(given: unknown, invalid: (text: string) => unknown) {
  const none = { allBinary: false, timeoutMs: null };
  if (given === undefined) return none;
  if (!isFields(given)) {
    invalid('"parameters" must be an object.');
    return none;
  }
  const { binary_data_output: allBinary = false, timeout } = given;
  if (typeof allBinary !== "boolean") invalid('"binary_data_output" must be true or false.');
  if (timeout === undefined || timeout === 0) return { allBinary: allBinary === true, timeoutMs: null };
  if (typeof timeout !== "number" || !Number.isSafeInteger(timeout) || timeout < 0) {
    invalid(`"timeout" must be a whole number of microseconds, not ${quote(timeout)}.`);
    return none;
  }
  return { allBinary: allBinary === true, timeoutMs: timeout / microsecondsPerMillisecond };
}

type Wanted = Pick<InferenceRequest, "outputs" | "binary">;

function readOutputs(
  given: unknown,
  specs: readonly TensorSpec[],
  allBinary: boolean,
  faults: Fault[],
): Wanted {
  const invalid = (text: string) => faults.push({ code: "INVALID_REQUEST", text });
  const outputs: string[] = [];
  const binary = new Set<string>();
  const want = (name: string, isBinary: boolean) => {
    outputs.push(name);
    if (isBinary) binary.add(name);
  };
  if (given !== undefined && !Array.isArray(given)) {
    invalid('"outputs" must be an array of objects with a "name".');
  } else if (given === undefined || given.length === 0) {
    for (const { name } of specs) want(name, allBinary);
  } else {
    for (const [at, output] of given.entries()) {
      if (!isFields(output) || typeof output.name !== "string") {
        invalid(`outputs[${at}] must be an object with a "name".`);
        continue;
      }
      const name = output.name;
      reportUnknownKeys(output, outputKeys, `Output ${quote(name)}`, invalid);
      const isBinary = isBinaryOutput(output.parameters, name, allBinary, invalid);
      if (outputs.includes(name)) invalid(`Output ${quote(name)} is asked for twice.`);
      else if (specs.every((spec) => spec.name !== name)) {
        invalid(`The model has no output ${quote(name)}; it gives ${list(specs)}.`);
      } else want(name, isBinary);
    }
  }
  for (const { name, datatype } of specs) {
    if (!outputs.includes(name) || binary.has(name) || isJsonDatatype(datatype)) continue;
    invalid(
      `Output ${quote(name)} is ${datatype}, which JSON cannot carry; ask for it with "binary_data": true.`,
    );
  }
  return { outputs, binary };
}

function isBinaryOutput(
  parameters: unknown,
  name: string,
  allBinary: boolean,
  invalid: (text: string) => unknown,
): boolean {
  if (parameters === undefined) return allBinary;
  const title = `Output ${quote(name)}`;
  if (!isFields(parameters)) {
    invalid(`${title}: "parameters" must be an object.`);
    return allBinary;
  }
  for (const key of ["classification", "shared_memory_region"]) {
    if (Object.hasOwn(parameters, key)) invalid(`${title}: "${key}" is not offered.`);
  }
  const { binary_data: own = allBinary } = parameters;
  if (typeof own !== "boolean") invalid(`${title}: "binary_data" must be true or false.`);
  return own === true;
}
