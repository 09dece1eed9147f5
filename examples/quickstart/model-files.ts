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

/** The MLmodel file, by which MLflow's clients load the ONNX file beside it. JSON is valid YAML. */
export function mlModel({ runId }: ModelFacts): string {
  const signature = {
    inputs: JSON.stringify([tensor("features", "float32", [-1, features.length])]),
    outputs: JSON.stringify([
      tensor("label", "int64", [-1]),
      tensor("probabilities", "float32", [-1, species.length]),
    ]),
    params: null,
  };
  const onnx = { data: "model.onnx", providers: ["CPUExecutionProvider"] };
  const python = { loader_module: "mlflow.onnx", data: "model.onnx" };
  const file = {
    artifact_path: "model",
    run_id: runId,
    utc_time_created: new Date().toISOString().replace("T", " ").replace("Z", ""),
    flavors: { onnx, python_function: python },
    signature,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
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
