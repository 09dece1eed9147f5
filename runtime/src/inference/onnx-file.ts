import { Problem } from "../domain/problem.ts";
import {
  modelMessage,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxSparseTensor,
  type OnnxTensor,
} from "./onnx-schema.ts";

/** `TensorProto.DataLocation.EXTERNAL` of the ONNX specification. */
const externalLocation = 1;

/**
 * Reads an ONNX file far enough to know that it may be loaded from its bytes alone.
 * Throws a `Problem`: MODEL_NOT_ONNX, MODEL_EXTERNAL_DATA (weights anywhere in the file that lie in other files:
 * following those paths would read what the file's author wants), MODEL_UNSUPPORTED (an input without a shape).
 */
export function checkOnnxFile(bytes: Uint8Array): void {
  const { graph, ...model } = decode(bytes);
  if (graph === undefined || graph === null || model.opsetImport.length === 0) {
    throw new Problem(
      "MODEL_NOT_ONNX",
      "The file has no ONNX graph. Export the model to ONNX and log that file.",
    );
  }
  const graphs = [graph, ...model.trainingInfo.flatMap((one) => [one.initialization, one.algorithm])];
  const external =
    graphs.some(graphIsExternal) ||
    model.functions.some(
      (one) => one.node.some(nodeIsExternal) || one.attributeProto.some(attributeIsExternal),
    );
  if (external) {
    throw new Problem(
      "MODEL_EXTERNAL_DATA",
      "The model keeps weights in other files. Save it as one file: mlflow.onnx.log_model(…, " +
        "save_as_external_data=False), or onnx.save_model(model, path) without external data.",
    );
  }
  const shapeless = graph.input.filter(
    ({ type }) => type?.tensorType != null && type.tensorType.shape == null,
  );
  if (shapeless.length > 0) {
    const names = shapeless.map((input) => `"${input.name.slice(0, 100)}"`).join(", ");
    throw new Problem(
      "MODEL_UNSUPPORTED",
      `These inputs have no shape: ${names}. Export the model with the rank of every input (sizes may be open).`,
    );
  }
}

function decode(bytes: Uint8Array): OnnxModel {
  try {
    const model = modelMessage.decode(bytes);
    if (Object.hasOwn(model, "irVersion")) return model as unknown as OnnxModel;
  } catch {
    // Whatever the decoder says about a foreign file means nothing to its owner.
  }
  throw new Problem(
    "MODEL_NOT_ONNX",
    "The file is not an ONNX model, or is cut short. Export the model to ONNX and log that file.",
  );
}

function tensorIsExternal(tensor: OnnxTensor | null | undefined): boolean {
  return tensor != null && (tensor.dataLocation === externalLocation || tensor.externalData.length > 0);
}

function sparseIsExternal(sparse: OnnxSparseTensor | null | undefined): boolean {
  return sparse != null && (tensorIsExternal(sparse.values) || tensorIsExternal(sparse.indices));
}

function attributeIsExternal(attribute: OnnxAttribute): boolean {
  return (
    tensorIsExternal(attribute.t) ||
    attribute.tensors.some(tensorIsExternal) ||
    sparseIsExternal(attribute.sparseTensor) ||
    attribute.sparseTensors.some(sparseIsExternal) ||
    graphIsExternal(attribute.g) ||
    attribute.graphs.some(graphIsExternal)
  );
}

function nodeIsExternal(node: OnnxNode): boolean {
  return node.attribute.some(attributeIsExternal);
}

function graphIsExternal(graph: OnnxGraph | null | undefined): boolean {
  return (
    graph != null &&
    (graph.initializer.some(tensorIsExternal) ||
      graph.sparseInitializer.some(sparseIsExternal) ||
      graph.node.some(nodeIsExternal))
  );
}
