import type { About, Route, Scope } from "./route.ts";

/** What names its model in its path is about that model; what lists them shows those that the caller may see. */
const aboutOf = (path: string): About =>
  path.includes("/:model") ? ["served-model:params.model"] : "caller";

const read = (path: string, summary: string, scope: Scope = "inference:call") =>
  ({
    method: "GET",
    path,
    scope,
    about: aboutOf(path),
    dialect: "v2",
    body: "none",
    idempotent: true,
    summary,
  }) as const;
const post = (path: string, summary: string, scope: Scope = "inference:call") =>
  ({
    method: "POST",
    path,
    scope,
    about: aboutOf(path),
    dialect: "v2",
    body: "json",
    idempotent: true,
    summary,
  }) as const;

/** Predictions: the Open Inference Protocol V2 with Triton's extensions, KServe V1, and what SageMaker and MLflow call. */
export const inferenceRoutes = {
  serverMetadata: { ...read("/v2", "Name, version and extensions of the server"), about: "all" },
  modelList: read("/v2/models", "Models that answer"),
  modelsStatistics: read("/v2/models/stats", "What all models have done since they were loaded"),
  modelMetadata: {
    ...read("/v2/models/:model", "Inputs and outputs of a model"),
    also: ["/v2/models/:model/versions/:version"],
  },
  modelReady: {
    ...read("/v2/models/:model/ready", "Whether a model answers"),
    also: ["/v2/models/:model/versions/:version/ready"],
  },
  modelConfig: {
    ...read("/v2/models/:model/config", "A model's configuration in Triton's words"),
    also: ["/v2/models/:model/versions/:version/config"],
  },
  modelStatistics: {
    ...read("/v2/models/:model/stats", "What a model has done since it was loaded"),
    also: ["/v2/models/:model/versions/:version/stats"],
  },
  infer: {
    ...post("/v2/models/:model/infer", "Predicts, with tensors in JSON or in binary"),
    also: ["/v2/models/:model/versions/:version/infer"],
  },
  repositoryIndex: post("/v2/repository/index", "Models with what is served of them", "registry:read"),
  repositoryLoad: post("/v2/repository/models/:model/load", "Serves a model again", "model:promote"),
  repositoryUnload: post(
    "/v2/repository/models/:model/unload",
    "Gives a model's memory back until it is loaded again",
    "model:promote",
  ),
  modelListV1: read("/v1/models", "Models that answer, as KServe V1 lists them"),
  modelReadyV1: read("/v1/models/:model", "Whether a model answers, as KServe V1 asks it"),
  /** The last part is a model's name with `:predict` behind it. */
  predictV1: {
    ...post("/v1/models/:call", "Predicts rows, as KServe V1 and TensorFlow Serving do"),
    about: ["served-call:params.call"],
  },
  /** Where no header names the model it is the only one that is served, whosever that is. */
  invocations: {
    ...post("/invocations", "Predicts rows, as MLflow's scoring server and SageMaker do"),
    about: "platform",
  },
} as const satisfies Record<string, Route>;
