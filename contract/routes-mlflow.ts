import type { About, Route, Scope } from "./route.ts";

/** MLflow serves each address twice: `/api` for SDKs, `/ajax-api` for its page. */
function mlflow(method: Route["method"], path: string, scope: Scope, summary: string, about: About) {
  const twins = (full: string) => [`/api${full}`, `/ajax-api${full}`] as const;
  const [first, ...others] = twins(path);
  return {
    method,
    path: first,
    also: others,
    scope,
    about,
    dialect: "mlflow",
    body: method === "GET" ? "none" : "json",
    idempotent: method !== "POST",
    summary,
  } as const satisfies Route;
}

const read = (path: string, summary: string, about: About) =>
  mlflow("GET", `/2.0/mlflow/${path}`, "tracking:read", summary, about);
const query = (path: string, summary: string, about: About) =>
  mlflow("POST", `/2.0/mlflow/${path}`, "tracking:read", summary, about);
const write = (path: string, summary: string, about: About, method: Route["method"] = "POST") =>
  mlflow(method, `/2.0/mlflow/${path}`, "tracking:write", summary, about);
const registryRead = (path: string, summary: string, about: About, method: Route["method"] = "GET") =>
  mlflow(method, `/2.0/mlflow/${path}`, "registry:read", summary, about);
const registryWrite = (path: string, summary: string, about: About, method: Route["method"] = "POST") =>
  mlflow(method, `/2.0/mlflow/${path}`, "registry:write", summary, about);

const byExperiment = ["experiment:body.experiment_id"] as const;
const byRun = ["run:body.run_id"] as const;
const loggedModel = ["logged-model:params.modelId"] as const;
const byModel = ["model:body.name"] as const;
const ofModel = ["model:query.name"] as const;

/** A call that makes a thing, which a caller may name by a key to send it again without making two. */
const keyed = <R extends Route>(route: R) => ({ ...route, keyed: true }) as const;

const artifactPath = "/2.0/mlflow-artifacts/artifacts";

/** The MLflow REST core; sources: MLflow's protobuf service definitions and REST store. */
export const mlflowRoutes = {
  mlflowVersion: {
    method: "GET",
    path: "/version",
    scope: "tracking:read",
    about: "all",
    dialect: "mlflow",
    body: "none",
    idempotent: true,
    summary: "The MLflow version whose API is spoken",
  },
  serverInfo: mlflow(
    "GET",
    "/3.0/mlflow/server-info",
    "tracking:read",
    "What the tracking server offers",
    "all",
  ),

  createExperiment: keyed(
    write("experiments/create", "Creates an experiment", ["source:body.artifact_location"]),
  ),
  getExperiment: read("experiments/get", "One experiment by id", ["experiment:query.experiment_id"]),
  getExperimentByName: read("experiments/get-by-name", "One experiment by name", [
    "experiment-name:query.experiment_name",
  ]),
  searchExperiments: query("experiments/search", "Experiments that match a filter", "caller"),
  listExperiments: read("experiments/search", "Experiments that match a filter", "caller"),
  updateExperiment: write("experiments/update", "Renames an experiment", byExperiment),
  deleteExperiment: write("experiments/delete", "Marks an experiment as deleted", byExperiment),
  restoreExperiment: write("experiments/restore", "Takes back the deletion of an experiment", byExperiment),
  setExperimentTag: write("experiments/set-experiment-tag", "Sets a tag of an experiment", byExperiment),
  deleteExperimentTag: write(
    "experiments/delete-experiment-tag",
    "Removes a tag of an experiment",
    byExperiment,
  ),

  createRun: keyed(write("runs/create", "Creates a run", byExperiment)),
  getRun: read("runs/get", "One run with params, tags and latest metrics", ["run:query.run_id"]),
  updateRun: write("runs/update", "Changes a run's status, end time or name", byRun),
  deleteRun: write("runs/delete", "Marks a run as deleted", byRun),
  restoreRun: write("runs/restore", "Takes back the deletion of a run", byRun),
  searchRuns: query("runs/search", "Runs that match a filter", "caller"),
  logMetric: write("runs/log-metric", "Logs a metric", ["run:body.run_id", "logged-model:body.model_id"]),
  logParam: write("runs/log-parameter", "Logs a parameter", byRun),
  logBatch: write("runs/log-batch", "Logs metrics, parameters and tags, all or none", [
    "run:body.run_id",
    "logged-model:body.metrics.model_id",
  ]),
  logInputs: write("runs/log-inputs", "Logs the data sets and models that a run reads", [
    "run:body.run_id",
    "read logged-model:body.models.model_id",
  ]),
  logOutputs: write("runs/outputs", "Logs the models that a run makes", [
    "run:body.run_id",
    "logged-model:body.models.model_id",
  ]),
  logModel: write("runs/log-model", "Records a model in a run's tags (old clients)", byRun),
  setRunTag: write("runs/set-tag", "Sets a tag of a run", byRun),
  deleteRunTag: write("runs/delete-tag", "Removes a tag of a run", byRun),
  metricHistory: read("metrics/get-history", "All values of a metric of a run", ["run:query.run_id"]),
  metricHistoryBulk: read("metrics/get-history-bulk-interval", "Sampled values of a metric of several runs", [
    "run:query.run_ids",
  ]),
  listArtifacts: read("artifacts/list", "Files below a run's artifact folder", ["run:query.run_id"]),

  searchDatasets: {
    ...query("experiments/search-datasets", "Data sets that runs of experiments read", [
      "experiment:body.experiment_ids",
    ]),
    also: [
      "/ajax-api/2.0/mlflow/experiments/search-datasets",
      // MLflow's own clients leave the slash out.
      "/api/2.0mlflow/experiments/search-datasets",
      "/ajax-api/2.0mlflow/experiments/search-datasets",
    ],
  },
  metricHistories: read("metrics/get-history-bulk", "All values of a metric of several runs", [
    "run:query.run_id",
  ]),
  uploadRunArtifact: {
    ...write("upload-artifact", "Stores one file of a run", ["run:query.run_uuid"]),
    body: "stream",
  },
  getLoggedModelFile: read(
    "logged-models/:modelId/artifacts/files",
    "One file of a logged model",
    loggedModel,
  ),

  createLoggedModel: keyed(
    write("logged-models", "Creates a logged model", [
      "experiment:body.experiment_id",
      "read run:body.source_run_id",
    ]),
  ),
  searchLoggedModels: query("logged-models/search", "Logged models that match a filter", "caller"),
  getLoggedModel: read("logged-models/:modelId", "One logged model", loggedModel),
  finalizeLoggedModel: write(
    "logged-models/:modelId",
    "Ends the upload of a logged model",
    loggedModel,
    "PATCH",
  ),
  deleteLoggedModel: write("logged-models/:modelId", "Deletes a logged model", loggedModel, "DELETE"),
  setLoggedModelTags: write(
    "logged-models/:modelId/tags",
    "Sets tags of a logged model",
    loggedModel,
    "PATCH",
  ),
  deleteLoggedModelTag: write(
    "logged-models/:modelId/tags/:key",
    "Removes a tag of a logged model",
    loggedModel,
    "DELETE",
  ),
  logLoggedModelParams: write(
    "logged-models/:modelId/params",
    "Logs parameters of a logged model",
    loggedModel,
  ),
  listLoggedModelArtifacts: read(
    "logged-models/:modelId/artifacts/directories",
    "Files of a logged model",
    loggedModel,
  ),

  createRegisteredModel: keyed(
    registryWrite("registered-models/create", "Creates a registered model", "caller"),
  ),
  renameRegisteredModel: registryWrite("registered-models/rename", "Renames a registered model", byModel),
  updateRegisteredModel: registryWrite(
    "registered-models/update",
    "Changes a registered model's description",
    byModel,
    "PATCH",
  ),
  deleteRegisteredModel: registryWrite(
    "registered-models/delete",
    "Deletes a registered model",
    byModel,
    "DELETE",
  ),
  getRegisteredModel: registryRead("registered-models/get", "One registered model", ofModel),
  searchRegisteredModels: registryRead(
    "registered-models/search",
    "Registered models that match a filter",
    "caller",
  ),
  getLatestVersions: registryRead(
    "registered-models/get-latest-versions",
    "Newest version of each stage",
    ofModel,
  ),
  postLatestVersions: registryRead(
    "registered-models/get-latest-versions",
    "Newest version of each stage",
    byModel,
    "POST",
  ),
  setRegisteredModelTag: registryWrite(
    "registered-models/set-tag",
    "Sets a tag of a registered model",
    byModel,
  ),
  deleteRegisteredModelTag: registryWrite(
    "registered-models/delete-tag",
    "Removes a tag of a registered model",
    byModel,
    "DELETE",
  ),
  setAlias: mlflow(
    "POST",
    "/2.0/mlflow/registered-models/alias",
    "model:promote",
    "Points an alias at a version",
    byModel,
  ),
  deleteAlias: mlflow(
    "DELETE",
    "/2.0/mlflow/registered-models/alias",
    "model:promote",
    "Removes an alias",
    byModel,
  ),
  getVersionByAlias: registryRead("registered-models/alias", "The version that an alias names", ofModel),
  createModelVersion: keyed(
    registryWrite("model-versions/create", "Registers a version", [
      "model:body.name",
      "read source:body.source",
      "read run:body.run_id",
      "read logged-model:body.model_id",
    ]),
  ),
  updateModelVersion: registryWrite(
    "model-versions/update",
    "Changes a version's description",
    byModel,
    "PATCH",
  ),
  transitionStage: mlflow(
    "POST",
    "/2.0/mlflow/model-versions/transition-stage",
    "model:promote",
    "Moves a version to a stage (old clients)",
    byModel,
  ),
  deleteModelVersion: registryWrite("model-versions/delete", "Deletes a version", byModel, "DELETE"),
  getModelVersion: registryRead("model-versions/get", "One version", ofModel),
  searchModelVersions: registryRead("model-versions/search", "Versions that match a filter", "caller"),
  modelVersionDownloadUri: registryRead(
    "model-versions/get-download-uri",
    "Where a version's files are",
    ofModel,
  ),
  setModelVersionTag: registryWrite("model-versions/set-tag", "Sets a tag of a version", byModel),
  deleteModelVersionTag: registryWrite(
    "model-versions/delete-tag",
    "Removes a tag of a version",
    byModel,
    "DELETE",
  ),

  listProxyArtifacts: mlflow(
    "GET",
    artifactPath,
    "tracking:read",
    "Files below a folder of the artifact store",
    ["artifact:query.path"],
  ),
  downloadArtifact: {
    ...mlflow("GET", `${artifactPath}/*`, "tracking:read", "One artifact's bytes", ["artifact:params.*"]),
  },
  uploadArtifact: {
    ...mlflow("PUT", `${artifactPath}/*`, "tracking:write", "Stores one artifact", ["artifact:params.*"]),
    body: "stream",
  },
  deleteArtifact: {
    ...mlflow("DELETE", `${artifactPath}/*`, "tracking:write", "Deletes an artifact", ["artifact:params.*"]),
    body: "none",
  },
  getArtifact: {
    method: "GET",
    path: "/get-artifact",
    scope: "tracking:read",
    about: ["run:query.run_id"],
    dialect: "mlflow",
    body: "none",
    idempotent: true,
    summary: "One artifact of a run",
  },
  getModelVersionArtifact: {
    method: "GET",
    path: "/model-versions/get-artifact",
    scope: "registry:read",
    about: ofModel,
    dialect: "mlflow",
    body: "none",
    idempotent: true,
    summary: "One artifact of a version",
  },
} as const satisfies Record<string, Route>;
