import type { ErrorCode, TensorSpec } from "@bedplate/contract";
import { Problem } from "./problem.ts";
import { type InferenceCall, rankLimit, type Signature, sizeOf, type Tensor } from "./tensor.ts";
import { isJsonDatatype, readValues, writeValues } from "./tensor-values.ts";

/** One thing that is wrong with a request. */
interface Fault {
  readonly code: ErrorCode;
  readonly text: string;
}

/** When several things are wrong, the answer has the code that comes first here, and all sentences. */
const precedence: readonly ErrorCode[] = [
  "INVALID_REQUEST",
  "INPUT_MISSING",
  "INPUT_UNKNOWN",
  "INPUT_INVALID",
];
/** Sentences in one answer; the rest is counted. */
const faultLimit = 20;

type Fields = Record<string, unknown>;

const requestKeys = ["id", "parameters", "inputs", "outputs"];
const inputKeys = ["name", "shape", "datatype", "parameters", "data"];
const outputKeys = ["name", "parameters"];

/**
 * Reads the body of an inference request and checks it against what the model takes.
 * Source: Open Inference Protocol, "Inference Request JSON Object". Parameters are allowed and not looked at, but for
 * `binary_data_size`, which is refused: this address takes values in JSON only.
 * Throws a `Problem` that names everything that is wrong.
 */
export function readInferenceRequest(body: unknown, signature: Signature): InferenceCall & { id?: string } {
  const faults: Fault[] = [];
  const invalid = (text: string) => faults.push({ code: "INVALID_REQUEST", text });
  if (!isFields(body)) throw new Problem("INVALID_REQUEST", 'The body must be an object with "inputs".');
  reportUnknownKeys(body, requestKeys, "The request", invalid);
  const { id, inputs, outputs } = body;
  if (id !== undefined && (typeof id !== "string" || id.length > 256)) {
    invalid('"id" must be a string of at most 256 characters.');
  }
  const tensors = readInputs(inputs, signature.inputs, faults);
  const wanted = readOutputs(outputs, signature.outputs, faults);
  if (faults.length > 0) throw problemOf(faults);
  return { inputs: tensors, outputs: wanted, ...(typeof id === "string" ? { id } : {}) };
}

function problemOf(faults: readonly Fault[]): Problem {
  const code = precedence.find((one) => faults.some((fault) => fault.code === one)) ?? "INVALID_REQUEST";
  const texts = faults.slice(0, faultLimit).map((fault) => fault.text);
  if (faults.length > faultLimit) texts.push(`And ${faults.length - faultLimit} more problems.`);
  return new Problem(code, texts.join(" "), texts);
}

function readInputs(given: unknown, specs: readonly TensorSpec[], faults: Fault[]): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  const seen = new Set<string>();
  if (!Array.isArray(given)) {
    faults.push({
      code: "INVALID_REQUEST",
      text: `"inputs" must be an array; the model takes ${list(specs)}.`,
    });
    return tensors;
  }
  for (const [at, input] of given.entries()) {
    if (!isFields(input) || typeof input.name !== "string") {
      faults.push({ code: "INVALID_REQUEST", text: `inputs[${at}] must be an object with a "name".` });
      continue;
    }
    const name = input.name;
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined) {
      const text = `The model has no input ${quote(name)}; it takes ${list(specs)}.`;
      faults.push({ code: "INPUT_UNKNOWN", text });
    } else if (seen.has(name)) {
      faults.push({ code: "INPUT_INVALID", text: `Input ${quote(name)} is given twice.` });
    } else {
      const tensor = readInput(input, spec, faults);
      if (tensor !== null) tensors.set(name, tensor);
    }
    seen.add(name);
  }
  for (const spec of specs.filter((one) => !seen.has(one.name))) {
    faults.push({ code: "INPUT_MISSING", text: `Input ${describe(spec)} is missing.` });
  }
  return tensors;
}

function readInput(input: Fields, spec: TensorSpec, faults: Fault[]): Tensor | null {
  const before = faults.length;
  const invalid = (text: string) =>
    faults.push({ code: "INPUT_INVALID", text: `Input ${quote(spec.name)}: ${text}` });
  reportUnknownKeys(input, inputKeys, "it", invalid);
  const { datatype, shape, data, parameters } = input;
  if (isFields(parameters) && "binary_data_size" in parameters) {
    invalid("values in binary are not supported here; send them in JSON (binary_data=False).");
    return null;
  }
  if (spec.datatype === "FP16") {
    invalid("JSON cannot carry FP16; use a model with an FP32 input.");
    return null;
  }
  if (datatype !== spec.datatype) invalid(`datatype must be ${spec.datatype}, not ${quote(datatype)}.`);
  const wrongShape = shapeFault(shape, spec);
  if (wrongShape !== null) invalid(wrongShape);
  if (!Array.isArray(data)) invalid("data must be an array, flat or nested as the shape says.");
  if (faults.length > before || !isShape(shape) || !Array.isArray(data)) return null;
  const values = flatten(data, shape);
  if (typeof values === "string") {
    invalid(values);
    return null;
  }
  const read = readValues(spec.datatype, shape, values);
  if ("tensor" in read) return read.tensor;
  invalid(`value ${read.bad.at} is ${quote(read.bad.value)}; ${spec.datatype} takes ${read.bad.allowed}.`);
  return null;
}

function isShape(shape: unknown): shape is number[] {
  return Array.isArray(shape) && shape.every((one) => Number.isSafeInteger(one) && one >= 0);
}

function shapeFault(shape: unknown, spec: TensorSpec): string | null {
  const allowed = shapeText(spec.shape);
  if (!isShape(shape)) {
    return `shape must be an array of whole numbers from 0, here ${allowed}; it is ${quote(shape)}.`;
  }
  const fits =
    shape.length === spec.shape.length &&
    spec.shape.every((wanted, at) => wanted === -1 || wanted === shape[at]);
  if (!fits)
    return `shape must be ${allowed}, not ${quote(shape)}${spec.shape.includes(-1) ? " (-1 is any)" : ""}.`;
  return shape.length > rankLimit || sizeOf(shape) === null ? `shape ${quote(shape)} is too large.` : null;
}

/** The values in row-major order, from a flat array or one nested exactly as the shape says; else what is wrong. */
function flatten(data: readonly unknown[], shape: readonly number[]): readonly unknown[] | string {
  const size = sizeOf(shape);
  if (!data.some(Array.isArray)) {
    if (data.length === size) return data;
    // Without values there is nothing to nest: [] and [[], []] say the same.
    return `shape ${quote(shape)} holds ${size} value${size === 1 ? "" : "s"}, data has ${data.length}.`;
  }
  let level: readonly unknown[] = [data];
  for (const [depth, length] of shape.entries()) {
    const next: unknown[] = [];
    for (const row of level) {
      if (!Array.isArray(row) || row.length !== length) {
        const found = Array.isArray(row) ? `${row.length} entries` : "a single value";
        return `nested data must follow shape ${quote(shape)}: at depth ${depth} ${found} instead of ${length}.`;
      }
      for (const value of row) next.push(value);
    }
    level = next;
  }
  return level.length === size ? level : `nested data does not follow shape ${quote(shape)}.`;
}

function readOutputs(given: unknown, specs: readonly TensorSpec[], faults: Fault[]): readonly string[] {
  const invalid = (text: string) => faults.push({ code: "INVALID_REQUEST", text });
  const wanted: string[] = [];
  if (given === undefined) wanted.push(...specs.map((spec) => spec.name));
  else if (!Array.isArray(given)) invalid('"outputs" must be an array of objects with a "name".');
  else {
    for (const [at, output] of given.entries()) {
      if (!isFields(output) || typeof output.name !== "string") {
        invalid(`outputs[${at}] must be an object with a "name".`);
        continue;
      }
      const name = output.name;
      reportUnknownKeys(output, outputKeys, `Output ${quote(name)}`, invalid);
      if (wanted.includes(name)) invalid(`Output ${quote(name)} is asked for twice.`);
      else if (specs.every((spec) => spec.name !== name)) {
        invalid(`The model has no output ${quote(name)}; it gives ${list(specs)}.`);
      } else wanted.push(name);
    }
    if (given.length === 0) wanted.push(...specs.map((spec) => spec.name));
  }
  for (const spec of specs.filter((one) => wanted.includes(one.name) && !isJsonDatatype(one.datatype))) {
    invalid(
      `Output ${quote(spec.name)} is ${spec.datatype}, which JSON cannot carry; ask for others in "outputs".`,
    );
  }
  return wanted;
}

/** Names an object's keys that mean nothing, so that a misspelt one is not lost without a word. */
function reportUnknownKeys(
  object: Fields,
  known: readonly string[],
  what: string,
  report: (text: string) => unknown,
): void {
  const unknown = Object.keys(object).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  report(
    `${what} has unknown keys: ${unknown.slice(0, 5).map(quote).join(", ")}; known: ${known.join(", ")}.`,
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A caller's value in an error, cut to a readable length. */
function quote(value: unknown): string {
  if (Array.isArray(value) && value.length > rankLimit) return `an array of ${value.length}`;
  if (Array.isArray(value))
    return `[${value.map((one) => (Array.isArray(one) ? "[…]" : quote(one))).join(", ")}]`;
  if (isFields(value)) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

const shapeText = (shape: readonly number[]) => `[${shape.join(", ")}]`;
const describe = (spec: TensorSpec) => `${quote(spec.name)} (${spec.datatype} ${shapeText(spec.shape)})`;

function list(specs: readonly TensorSpec[]): string {
  const shown = specs.slice(0, faultLimit).map(describe).join(", ");
  return specs.length > faultLimit ? `${shown} and ${specs.length - faultLimit} more` : shown || "none";
}

/**
 * The text of an inference answer. Source: Open Inference Protocol, "Inference Response JSON Object".
 * Whole numbers are written with all their digits; NaN and infinities, which JSON lacks, as the strings that requests
 * may use for them too.
 */
export function writeInferenceResponse(answer: {
  readonly model: string;
  readonly version: number;
  readonly id?: string;
  readonly outputs: ReadonlyMap<string, Tensor>;
}): string {
  const outputs: string[] = [];
  for (const [name, tensor] of answer.outputs) {
    const head = `"name":${JSON.stringify(name)},"datatype":"${tensor.datatype}"`;
    outputs.push(`{${head},"shape":[${tensor.shape.join(",")}],"data":${writeValues(tensor)}}`);
  }
  const id = answer.id === undefined ? "" : `"id":${JSON.stringify(answer.id)},`;
  return `{"model_name":${JSON.stringify(answer.model)},"model_version":"${answer.version}",${id}"outputs":[${outputs.join(",")}]}`;
}
