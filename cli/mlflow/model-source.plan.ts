/** What the source of a model version belongs to, and where in it the files are. */
export type SourceOwner =
  | { readonly kind: "run"; readonly id: string; readonly path: string; readonly byScheme: boolean }
  | { readonly kind: "loggedModel"; readonly id: string; readonly path: string; readonly byScheme: boolean }
  | { readonly kind: "version"; readonly name: string; readonly version: string }
  | { readonly kind: "prompt" }
  | { readonly kind: "elsewhere" };

/** What MLflow's clients name as the source of a prompt, which has no files. */
const promptSource = "dummy-source";

/**
 * Reads the source of a version as MLflow's clients write it: `runs:/`, `models:/`, or the folder of a run or of a logged
 * model in any store, which always ends in `<id>/artifacts` and the path below.
 */
export function ownerOfSource(source: string): SourceOwner {
  if (source === promptSource) return { kind: "prompt" };
  const [, runId, inRun] = /^runs:\/+([^/]+)\/?(.*)$/.exec(source) ?? [];
  if (runId !== undefined) return { kind: "run", id: runId, path: inRun ?? "", byScheme: true };
  const [, modelId, inModel] = /^models:\/(m-[^/@]+)\/?(.*)$/.exec(source) ?? [];
  if (modelId !== undefined) return { kind: "loggedModel", id: modelId, path: inModel ?? "", byScheme: true };
  const [, name, version] = /^models:\/([^/@]+)\/(\d+)$/.exec(source) ?? [];
  if (name !== undefined && version !== undefined) return { kind: "version", name, version };
  const [, folder, id, path] =
    /^.*?\/(?:(models)\/)?((?:m-)?[0-9a-f]{32})\/artifacts(?:\/(.*))?$/.exec(source) ?? [];
  if (id === undefined) return { kind: "elsewhere" };
  const isModel = folder === "models" && id.startsWith("m-");
  if (id.startsWith("m-") && !isModel) return { kind: "elsewhere" };
  return { kind: isModel ? "loggedModel" : "run", id, path: path ?? "", byScheme: false };
}

/** A folder's address with a path below it. */
export const below = (uri: string, path: string): string =>
  path === "" ? uri : `${uri.replace(/\/+$/, "")}/${path}`;
