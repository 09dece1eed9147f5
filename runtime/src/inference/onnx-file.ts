import { Problem } from "../domain/problem.ts";
import { fieldNumbers, walkOnnx } from "./onnx-schema.ts";
import { readValue } from "./onnx-values.ts";
import { WireError, type WireField } from "./protobuf-fields.ts";

/** What ONNX Runtime's own format has in its fifth to eighth byte. Source: `is_ort_format_model_bytes`, onnxruntime. */
const otherFormat = { mark: Buffer.from("ORTM"), at: 4 };
const shownInputs = 5;
const shownLetters = 100;

/**
 * Reads an ONNX file far enough to know that it may be loaded from its bytes alone. Memory stays flat; the time grows
 * with the number of nodes and attributes, so that large files are not for the service's own thread.
 * Throws a `Problem`: MODEL_NOT_ONNX, MODEL_EXTERNAL_DATA (weights anywhere in the file that lie in other files:
 * following those paths would read what the file's author wants), MODEL_UNSUPPORTED (an input without a shape, graphs
 * nested or counted past any use).
 */
export function checkOnnxFile(bytes: Uint8Array): void {
  if (isOtherFormat(bytes)) throw notOnnx("has the mark of ONNX Runtime's own format");
  const seen = look(bytes);
  if (!seen.version) throw notOnnx("is not an ONNX model, or is cut short");
  if (!seen.graph || !seen.opset) throw notOnnx("has no ONNX graph");
  if (seen.isExternal) {
    throw new Problem(
      "MODEL_EXTERNAL_DATA",
      "The model keeps weights in other files. Save it as one file: mlflow.onnx.log_model(…, " +
        "save_as_external_data=False), or onnx.save_model(model, path) without external data.",
    );
  }
  if (seen.shapeless.length > 0) {
    const names = seen.shapeless.map((name) => `"${name.slice(0, shownLetters)}"`).join(", ");
    throw new Problem(
      "MODEL_UNSUPPORTED",
      `These inputs have no shape: ${names}. Export the model with the rank of every input (sizes may be open).`,
    );
  }
}

/** Such a file is taken for a model of the other format, whatever else it is, and nothing here has looked at that. */
function isOtherFormat(bytes: Uint8Array): boolean {
  const { mark, at } = otherFormat;
  return mark.equals(bytes.subarray(at, at + mark.length));
}

function notOnnx(what: string): Problem {
  return new Problem("MODEL_NOT_ONNX", `The file ${what}. Export the model to ONNX and log that file.`);
}

interface Seen {
  version: boolean;
  graph: boolean;
  opset: boolean;
  isExternal: boolean;
  /** Names of the first inputs that have no shape. */
  readonly shapeless: string[];
}

function look(bytes: Uint8Array): Seen {
  const seen: Seen = { version: false, graph: false, opset: false, isExternal: false, shapeless: [] };
  const { Model, Graph } = fieldNumbers;
  try {
    walkOnnx(bytes, (message, field, depth) => {
      const { number } = field;
      if (message === "Tensor") seen.isExternal ||= isExternal(field);
      else if (message === "Model") {
        seen.version ||= number === Model.irVersion;
        seen.graph ||= number === Model.graph;
        seen.opset ||= number === Model.opset;
      } else if (message === "Graph" && depth === 1 && number === Graph.input) {
        const { name, elementType, shape } = readValue(bytes, field);
        const isShapeless = elementType !== null && shape === null;
        if (isShapeless && seen.shapeless.length < shownInputs) seen.shapeless.push(name);
      }
    });
    return seen;
  } catch (error) {
    // What the reader says about a foreign file means nothing to its owner.
    if (error instanceof WireError) throw notOnnx("is not an ONNX model, or is cut short");
    throw error;
  }
}

/** Whether a field says that a tensor's values are elsewhere; there is no other place than inside that is taken. */
function isExternal({ number, value, wire }: WireField): boolean {
  const { externalData, dataLocation } = fieldNumbers.Tensor;
  return number === externalData || (number === dataLocation && (value !== 0 || wire !== 0));
}
