import { features, species } from "./penguins.ts";

/** What is known of a model when its files are written. */
export interface ModelFacts {
  readonly runId: string;
  readonly learned: number;
  readonly heldOut: number;
  readonly accuracy: number;
}

function tensor(name: string, dtype: string, shape: readonly number[]) {
  return { name, type: "tensor", "tensor-spec": { dtype, shape } };
}

/** The MLmodel file, by which MLflow's clients load the ONNX file beside it. */
export function mlModel({ runId }: ModelFacts): string {
  const inputs = [tensor("features", "float32", [-1, features.length])];
  const outputs = [tensor("label", "int64", [-1]), tensor("probabilities", "float32", [-1, species.length])];
  return `artifact_path: model
flavors:
  onnx:
    data: model.onnx
    providers:
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    loader_module: mlflow.onnx
run_id: ${runId}
signature:
  inputs: '${JSON.stringify(inputs)}'
  outputs: '${JSON.stringify(outputs)}'
  params: null
utc_time_created: '${new Date().toISOString().replace("T", " ").replace("Z", "")}'
`;
}

/** The model's card: what it is for, what it was made from, how good it is, and what it must not be used for. */
export function modelCard({ learned, heldOut, accuracy }: ModelFacts): string {
  return `# Penguins

Tells the species of an adult penguin (${species.join(", ")}) from four measurements.

- Inputs: ${features.join(", ")}; millimetres and grams.
- Outputs: \`label\`, an index into the species above, and the \`probabilities\` of all three.
- Data: Palmer penguins (Gorman, Williams and Fraser 2014, CC0), ${learned} penguins learned from, ${heldOut} held out.
- Held-out accuracy: ${(accuracy * 100).toFixed(1)} %.
- Limits: it knows three species of one archipelago in the years 2007 to 2009, and calls every other bird one of them.
`;
}
