import type { Route, Scope } from "./route.ts";

/** MLflow serves each address twice: `/api` for SDKs, `/ajax-api` for its page. */
function mlflow(
  method: Route["method"],
  path: string,
  scope: Scope,
  summary: string,
  also: readonly string[] = [],
) {
  const twins = (full: string) => [`/api${full}`, `/ajax-api${full}`];
  const [first = path, ...others] = [path, ...also].flatMap(twins);
  return {
    method,
    path: first,
    also: others,
    scope,
    dialect: "mlflow",
    body: method === "GET" ? "none" : "json",
    idempotent: method !== "POST",
    summary,
  } as const satisfies Route;
}

const read = (path: string, summary: string, also?: readonly string[]) =>
  mlflow("GET", `/2.0/mlflow/${path}`, "tracking:read", summary, also);
const query = (path: string, summary: string, also?: readonly string[]) =>
  mlflow("POST", `/2.0/mlflow/${path}`, "tracking:read", summary, also);
const write = (path: string, summary: string, method: Route["method"] = "POST") =>
  mlflow(method, `/2.0/mlflow/${path}`, "tracking:write", summary);
const registryRead = (path: string, summary: string, method: Route["method"] = "GET") =>
  mlflow(method, `/2.0/mlflow/${path}`, "registry:read", summary);
const registryWrite = (path: string, summary: string, method: Route["method"] = "POST") =>
  mlflow(method, `/2.0/mlflow/${path}`, "registry:write", summary);

/** A call that makes a thing, which a caller may name by a key to send it again without making two. */
const keyed = <R extends Route>(route: R) => ({ ...route, keyed: true }) as const;

const artifactPath = "/2.0/mlflow-artifacts/artifacts";

/** The MLflow REST core; sources: MLflow's protobuf service definitions and REST store. */
export const mlflowRoutes = {
  mlflowVersion: {
    method: "GET",
    path: "/version",
    scope: "tracking:read",
    dialect: "mlflow",
    body: "none",
    idempotent: true,
    summary: "The MLflow version whose API is spoken",
  },
  serverInfo: mlflow("GET", "/3.0/mlflow/server-info", "tracking:read", "What the tracking server offers"),

  createExperiment: keyed(write("experiments/create", "Creates an experiment")),
  getExperiment: read("experiments/get", "One experiment by id"),
  getExperimentByName: read("experiments/get-by-name", "One experiment by name"),
  searchExperiments: query("experiments/search", "Experiments that match a filter"),
  listExperiments: read("experiments/search", "Experiments that match a filter"),
  updateExperiment: write("experiments/update", "Renames an experiment"),
  deleteExperiment: write("experiments/delete", "Marks an experiment as deleted"),
  restoreExperiment: write("experiments/restore", "Takes back the deletion of an experiment"),
  setExperimentTag: write("experiments/set-experiment-tag", "Sets a tag of an experiment"),
  deleteExperimentTag: write("experiments/delete-experiment-tag", "Removes a tag of an experiment"),

  createRun: keyed(write("runs/create", "Creates a run")),
  getRun: read("runs/get", "One run with params, tags and latest metrics"),
  updateRun: write("runs/update", "Changes a run's status, end time or name"),
  deleteRun: write("runs/delete", "Marks a run as deleted"),
  restoreRun: write("runs/restore", "Takes back the deletion of a run"),
  searchRuns: query("runs/search", "Runs that match a filter"),
  logMetric: write("runs/log-metric", "Logs a metric"),
  logParam: write("runs/log-parameter", "Logs a parameter"),
  logBatch: write("runs/log-batch", "Logs metrics, parameters and tags, all or none"),
  logInputs: write("runs/log-inputs", "Logs the data sets and models that a run reads"),
  logOutputs: write("runs/outputs", "Logs the models that a run makes"),
  logModel: write("runs/log-model", "Records a model in a run's tags (old clients)"),
  setRunTag: write("runs/set-tag", "Sets a tag of a run"),
  deleteRunTag: write("runs/delete-tag", "Removes a tag of a run"),
  metricHistory: read("metrics/get-history", "All values of a metric of a run"),
  metricHistoryBulk: read("metrics/get-history-bulk-interval", "Sampled values of a metric of several runs"),
  listArtifacts: read("artifacts/list", "Files below a run's artifact folder"),

  searchDatasets: query("experiments/search-datasets", "Data sets that runs of experiments read", [
    // MLflow's own clients leave the slash out.
    "/2.0mlflow/experiments/search-datasets",
  ]),
  metricHistories: read("metrics/get-history-bulk", "All values of a metric of several runs"),
  uploadRunArtifact: { ...write("upload-artifact", "Stores one file of a run"), body: "stream" },
  getLoggedModelFile: read("logged-models/:modelId/artifacts/files", "One file of a logged model"),

  createLoggedModel: keyed(write("logged-models", "Creates a logged model")),
  searchLoggedModels: query("logged-models/search", "Logged models that match a filter"),
  getLoggedModel: read("logged-models/:modelId", "One logged model"),
  finalizeLoggedModel: write("logged-models/:modelId", "Ends the upload of a logged model", "PATCH"),
  deleteLoggedModel: write("logged-models/:modelId", "Deletes a logged model", "DELETE"),
  setLoggedModelTags: write("logged-models/:modelId/tags", "Sets tags of a logged model", "PATCH"),
  deleteLoggedModelTag: write(
    "logged-models/:modelId/tags/:key",
    "Removes a tag of a logged model",
    "DELETE",
  ),
  logLoggedModelParams: write("logged-models/:modelId/params", "Logs parameters of a logged model"),
  listLoggedModelArtifacts: read("logged-models/:modelId/artifacts/directories", "Files of a logged model"),

  createRegisteredModel: keyed(registryWrite("registered-models/create", "Creates a registered model")),
  renameRegisteredModel: registryWrite("registered-models/rename", "Renames a registered model"),
  updateRegisteredModel: registryWrite(
    "registered-models/update",
    "Changes a registered model's description",
    "PATCH",
  ),
  deleteRegisteredModel: registryWrite("registered-models/delete", "Deletes a registered model", "DELETE"),
  getRegisteredModel: registryRead("registered-models/get", "One registered model"),
  searchRegisteredModels: registryRead("registered-models/search", "Registered models that match a filter"),
  getLatestVersions: registryRead("registered-models/get-latest-versions", "Newest version of each stage"),
  postLatestVersions: registryRead(
    "registered-models/get-latest-versions",
    "Newest version of each stage",
    "POST",
  ),
  setRegisteredModelTag: registryWrite("registered-models/set-tag", "Sets a tag of a registered model"),
  deleteRegisteredModelTag: registryWrite(
    "registered-models/delete-tag",
    "Removes a tag of a registered model",
    "DELETE",
  ),
  setAlias: mlflow(
    "POST",
    "/2.0/mlflow/registered-models/alias",
    "model:promote",
    "Points an alias at a version",
  ),
  deleteAlias: mlflow("DELETE", "/2.0/mlflow/registered-models/alias", "model:promote", "Removes an alias"),
  getVersionByAlias: registryRead("registered-models/alias", "The version that an alias names"),
  createModelVersion: keyed(registryWrite("model-versions/create", "Registers a version")),
  updateModelVersion: registryWrite("model-versions/update", "Changes a version's description", "PATCH"),
  transitionStage: mlflow(
    "POST",
    "/2.0/mlflow/model-versions/transition-stage",
    "model:promote",
    "Moves a version to a stage (old clients)",
  ),
  deleteModelVersion: registryWrite("model-versions/delete", "Deletes a version", "DELETE"),
  getModelVersion: registryRead("model-versions/get", "One version"),
  searchModelVersions: registryRead("model-versions/search", "Versions that match a filter"),
  modelVersionDownloadUri: registryRead("model-versions/get-download-uri", "Where a version's files are"),
  setModelVersionTag: registryWrite("model-versions/set-tag", "Sets a tag of a version"),
  deleteModelVersionTag: registryWrite("model-versions/delete-tag", "Removes a tag of a version", "DELETE"),

  listProxyArtifacts: mlflow(
    "GET",
    artifactPath,
    "tracking:read",
    "Files below a folder of the artifact store",
  ),
  downloadArtifact: { ...mlflow("GET", `${artifactPath}/*`, "tracking:read", "One artifact's bytes") },
  uploadArtifact: {
    ...mlflow("PUT", `${artifactPath}/*`, "tracking:write", "Stores one artifact"),
    body: "stream",
  },
  deleteArtifact: {
    ...mlflow("DELETE", `${artifactPath}/*`, "tracking:write", "Deletes an artifact"),
    body: "none",
  },
  getArtifact: {
    method: "GET",
    path: "/get-artifact",
    scope: "tracking:read",
    dialect: "mlflow",
    body: "none",
    idempotent: true,
    summary: "One artifact of a run",
  },
  getModelVersionArtifact: {
    method: "GET",
    path: "/model-versions/get-artifact",
    scope: "registry:read",
    dialect: "mlflow",
    body: "none",
    idempotent: true,
    summary: "One artifact of a version",
  },
} as const satisfies Record<string, Route>;
