import type { TensorSpec } from "@bedplate/contract";
import { type Fault, isFields, list, problemOf, quote, reportUnknownKeys } from "./inference-faults.ts";
import { readInputs } from "./inference-inputs.ts";
import { Problem } from "./problem.ts";
import type { InferenceRequest, Signature, Tensor } from "./tensor.ts";
import { isJsonDatatype, writeRows } from "./tensor-values.ts";

/** Rows of named columns, as data frames travel. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Values by the name of the input that they are for. */
type Columns = ReadonlyMap<string, unknown>;

const none: Columns = new Map();

/**
 * Reads `{"instances": [...]}`, a row each, or `{"inputs": ...}`, a column each.
 * Sources: KServe data plane V1; TensorFlow Serving's REST API, "Request format"; MLflow, "Scoring server".
 * Throws a `Problem` that names everything that is wrong.
 */
export function readPredictRequest(body: unknown, signature: Signature): InferenceRequest {
  if (!isFields(body)) throw new Problem("INVALID_REQUEST", 'The body must be an object with "instances".');
  const faults: Fault[] = [];
  const invalid = (text: string) => {
    faults.push({ code: "INVALID_REQUEST", text });
    return none;
  };
  reportUnknownKeys(body, ["instances", "inputs"], "The request", invalid);
  const { instances, inputs } = body;
  if ((instances === undefined) === (inputs === undefined)) {
    throw new Problem("INVALID_REQUEST", 'The body must have either "instances" or "inputs".');
  }
  const columns =
    instances === undefined
      ? columnsOf(inputs, signature.inputs, invalid)
      : columnsOfInstances(instances, signature.inputs, invalid);
  return requestOf(columns, signature, faults);
}

/**
 * Reads a table: a column an input where they have the same names, else all columns in their order as the rows of the
 * model's only input. `cell` turns a value of the table into one that the datatype takes.
 */
export function readTable(
  { columns, rows }: Table,
  signature: Signature,
  cell: (value: unknown, datatype: TensorSpec["datatype"]) => unknown = (value) => value,
): InferenceRequest {
  const faults: Fault[] = [];
  const found = new Map<string, unknown>();
  const [only, ...others] = signature.inputs;
  const byName = columns.some((name) => signature.inputs.some((spec) => spec.name === name));
  if (only !== undefined && others.length === 0 && !byName) {
    found.set(
      only.name,
      rows.map((row) => {
        const values = row.map((value) => cell(value, only.datatype));
        return only.shape.length === 1 && values.length === 1 ? values[0] : values;
      }),
    );
  } else {
    for (const [at, name] of columns.entries()) {
      const spec = signature.inputs.find((one) => one.name === name);
      const values = rows.map((row) => (spec === undefined ? row[at] : cell(row[at], spec.datatype)));
      const asRows = spec?.shape.length === 2 && !values.some(Array.isArray);
      if (found.has(name)) {
        faults.push({ code: "INPUT_INVALID", text: `Column ${quote(name)} is given twice.` });
      }
      found.set(name, asRows ? values.map((value) => [value]) : values);
    }
  }
  return requestOf(found, signature, faults);
}

function columnsOf(
  given: unknown,
  specs: readonly TensorSpec[],
  invalid: (text: string) => Columns,
): Columns {
  if (isFields(given)) return new Map(Object.entries(given));
  const [only, ...others] = specs;
  if (!Array.isArray(given)) return invalid('"inputs" must be an array, or an object of arrays by input.');
  if (only === undefined || others.length > 0) {
    return invalid(
      `"inputs" must be an object of arrays, one for each input; the model takes ${list(specs)}.`,
    );
  }
  return new Map([[only.name, given]]);
}

function columnsOfInstances(
  given: unknown,
  specs: readonly TensorSpec[],
  invalid: (text: string) => Columns,
): Columns {
  if (!Array.isArray(given)) return invalid('"instances" must be an array with an entry for each row.');
  const [only, ...others] = specs;
  if (only !== undefined && others.length === 0 && !given.some(isFields))
    return new Map([[only.name, given]]);
  const names = new Set<string>();
  for (const [at, instance] of given.entries()) {
    if (!isFields(instance)) {
      return invalid(
        `instances[${at}] must be an object with the inputs by name; the model takes ${list(specs)}.`,
      );
    }
    for (const name of Object.keys(instance)) names.add(name);
  }
  const rows: readonly Record<string, unknown>[] = given;
  return new Map(
    [...names].map((name) => [name, rows.map((row) => (Object.hasOwn(row, name) ? row[name] : undefined))]),
  );
}

/** Turns columns into inputs whose shapes follow from the data, and checks them like any others. */
function requestOf(columns: Columns, signature: Signature, faults: Fault[]): InferenceRequest {
  const given = [...columns].map(([name, data]) => {
    const spec = signature.inputs.find((one) => one.name === name);
    return { name, datatype: spec?.datatype, shape: shapeOf(data, spec?.shape ?? []), data };
  });
  const inputs =
    faults.length > 0
      ? new Map<string, Tensor>()
      : readInputs(
          given.map((one) => (Array.isArray(one.data) ? one : { ...one, data: [one.data] })),
          signature.inputs,
          null,
          faults,
        );
  for (const { name, datatype } of signature.outputs.filter((one) => !isJsonDatatype(one.datatype))) {
    const text = `Output ${quote(name)} is ${datatype}, which JSON cannot carry; use /v2 with binary outputs.`;
    faults.push({ code: "INVALID_REQUEST", text });
  }
  if (faults.length > 0) throw problemOf(faults);
  return { inputs, outputs: signature.outputs.map(({ name }) => name), binary: new Set() };
}

/** The shape that nested arrays have, by their first entries; without any entry, as the model says. */
function shapeOf(data: unknown, wanted: readonly number[]): readonly number[] {
  const shape: number[] = [];
  let level = data;
  while (Array.isArray(level) && shape.length <= wanted.length) {
    shape.push(level.length);
    if (level.length === 0) {
      for (const dimension of wanted.slice(shape.length)) shape.push(Math.max(dimension, 0));
      break;
    }
    level = level[0];
  }
  return shape;
}

/**
 * The text of an answer with `predictions`: a row each; an object a row where the model has several outputs, and an
 * object of columns where those have not the same number of rows.
 */
export function writePredictions(outputs: ReadonlyMap<string, Tensor>): string {
  const columns = [...outputs].map(([name, tensor]) => ({ name, rows: writeRows(tensor) }));
  const [first, ...others] = columns;
  if (first === undefined) return '{"predictions":[]}';
  if (others.length === 0) return `{"predictions":[${first.rows.join(",")}]}`;
  const fields = (textOf: (rows: readonly string[]) => string) =>
    `{${columns.map(({ name, rows }) => `${JSON.stringify(name)}:${textOf(rows)}`).join(",")}}`;
  const predictions = others.every(({ rows }) => rows.length === first.rows.length)
    ? `[${first.rows.map((_, at) => fields((rows) => rows[at] ?? "null")).join(",")}]`
    : fields((rows) => `[${rows.join(",")}]`);
  return `{"predictions":${predictions}}`;
}
