import type { Scope } from "./route.ts";

/** Name of the gRPC service that the Open Inference Protocol V2 and Triton's clients call. */
export const grpcService = "inference.GRPCInferenceService";

/** One method of the gRPC service. A method without a scope does not compile. */
export interface GrpcMethod {
  readonly scope: Scope;
  /**
   * Whose things it is about. `all`: nothing of a team's. `caller`: what the caller's team may see, which the method
   * itself sees to. Otherwise the request's field that names a model; without a name it is about what the caller may see.
   */
  readonly about: "all" | "caller" | { readonly model: "name" | "model_name" };
  readonly summary: string;
}

const ofModel = { model: "name" } as const;

/**
 * What can be called over gRPC, with the scopes of the same addresses over HTTP. Everything else that Triton's service
 * has (streams, shared memory, traces, log settings) is answered UNIMPLEMENTED.
 */
export const grpcMethods = {
  ServerLive: { scope: "public", about: "all", summary: "The process runs" },
  ServerReady: { scope: "public", about: "all", summary: "The service can do its work" },
  ServerMetadata: {
    scope: "inference:call",
    about: "all",
    summary: "Name, version and extensions of the server",
  },
  ModelReady: { scope: "inference:call", about: ofModel, summary: "Whether a model answers" },
  ModelMetadata: { scope: "inference:call", about: ofModel, summary: "Inputs and outputs of a model" },
  ModelConfig: {
    scope: "inference:call",
    about: ofModel,
    summary: "A model's configuration in Triton's words",
  },
  ModelStatistics: {
    scope: "inference:call",
    about: ofModel,
    summary: "What a model, or every model, has done since it was loaded",
  },
  ModelInfer: { scope: "inference:call", about: { model: "model_name" }, summary: "Predicts" },
  RepositoryIndex: {
    scope: "registry:read",
    about: "caller",
    summary: "Models with what is served of them",
  },
  RepositoryModelLoad: {
    scope: "model:promote",
    about: { model: "model_name" },
    summary: "Serves a model again",
  },
  RepositoryModelUnload: {
    scope: "model:promote",
    about: { model: "model_name" },
    summary: "Gives a model's memory back until it is loaded again",
  },
} as const satisfies Record<string, GrpcMethod>;

export type GrpcMethodName = keyof typeof grpcMethods;
