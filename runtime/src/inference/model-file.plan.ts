/** Which file of a version to load, or why none can be told. */
export type ModelFileChoice =
  | { readonly path: string }
  | { readonly refused: "none" | "several"; readonly found: readonly string[] };

/**
 * Chooses a version's ONNX file by path below the version's folder: the one that `MLmodel` names, else the only one,
 * else `model.onnx` at the top.
 */
export function chooseModelFile(paths: readonly string[], mlmodel: string | null): ModelFileChoice {
  const candidates = paths.filter((path) => path.toLowerCase().endsWith(".onnx"));
  const named = mlmodel === null ? null : onnxDataOf(mlmodel);
  if (named !== null && paths.includes(named)) return { path: named };
  const [first, ...others] = candidates;
  if (first === undefined) return { refused: "none", found: paths };
  if (others.length === 0) return { path: first };
  return candidates.includes("model.onnx")
    ? { path: "model.onnx" }
    : { refused: "several", found: candidates };
}

/** The `data` of the `onnx` flavor in an MLmodel file (YAML as MLflow writes it: two blanks a level). */
function onnxDataOf(mlmodel: string): string | null {
  const flavor = /^ {2}onnx:\n((?: {4}.*\n?)*)/m.exec(mlmodel)?.[1];
  return /^ {4}data: *(['"]?)(.+?)\1 *$/m.exec(flavor ?? "")?.[2] ?? null;
}
