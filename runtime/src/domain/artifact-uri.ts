import { joinPath, parseArtifactPath } from "./artifact-path.ts";
import { Problem } from "./problem.ts";

const scheme = "mlflow-artifacts:/";

/** Where MLflow clients reach a folder of our artifact store. */
export function artifactUri(path: string): string {
  return `${scheme}${path}`;
}

/** The folder that `artifactUri` named. */
export function artifactFolder(uri: string): string {
  const source = parseSource(uri);
  if (source.kind !== "artifacts") throw refuse(uri);
  return source.path;
}

export const runFolder = (experimentFolderUri: string, runId: string): string =>
  joinPath(artifactFolder(experimentFolderUri), `${runId}/artifacts`);
export const loggedModelFolder = (experimentFolderUri: string, modelId: string): string =>
  joinPath(artifactFolder(experimentFolderUri), `models/${modelId}/artifacts`);
export const traceFolder = (experimentFolderUri: string, traceId: string): string =>
  joinPath(artifactFolder(experimentFolderUri), `traces/${traceId}/artifacts`);

/** What a model version may be made from: always something that the platform holds. */
export type ModelSource =
  | { readonly kind: "artifacts"; readonly path: string }
  | { readonly kind: "run"; readonly runId: string; readonly path: string }
  | { readonly kind: "logged-model"; readonly modelId: string; readonly path: string }
  | { readonly kind: "version"; readonly name: string; readonly version: number }
  | { readonly kind: "alias"; readonly name: string; readonly alias: string };

const refuse = (uri: string) =>
  new Problem(
    "INVALID_REQUEST",
    `Invalid model version source: '${uri.slice(0, 200)}'. It must be a runs:/, models:/ or mlflow-artifacts:/ address of this platform.`,
  );

/** Reads a source address; local paths, `file:` and other hosts are refused. */
export function parseSource(uri: string): ModelSource {
  const colon = uri.indexOf(":/");
  const rest = uri.slice(colon + 2);
  // Two slashes name a host, and ours has no name of its own.
  if (colon < 0 || rest.startsWith("/")) throw refuse(uri);
  const path = parseArtifactPath(rest);
  if (path === "") throw refuse(uri);
  switch (uri.slice(0, colon)) {
    case "mlflow-artifacts":
      return { kind: "artifacts", path };
    case "runs": {
      const [runId = "", ...below] = path.split("/");
      return { kind: "run", runId, path: parseArtifactPath(below.join("/")) };
    }
    case "models":
      return parseModelSource(path, uri);
    default:
      throw refuse(uri);
  }
}

function parseModelSource(path: string, uri: string): ModelSource {
  const [first = "", second, ...rest] = path.split("/");
  const at = first.lastIndexOf("@");
  if (at > 0 && second === undefined)
    return { kind: "alias", name: first.slice(0, at), alias: first.slice(at + 1) };
  if (second === undefined || first.startsWith("m-")) {
    return {
      kind: "logged-model",
      modelId: first,
      path: parseArtifactPath([second, ...rest].filter((part) => part !== undefined).join("/")),
    };
  }
  if (rest.length > 0 || !/^[1-9][0-9]{0,8}$/.test(second)) throw refuse(uri);
  return { kind: "version", name: first, version: Number(second) };
}
