/**
 * Every error that a caller can meet, by its stable code. `mlflow` is the name that MLflow clients switch on.
 * A message may change between releases; a code and its status do not.
 */
export const errorCodes = {
  INVALID_REQUEST: { status: 400, title: "The request is not valid", mlflow: "INVALID_PARAMETER_VALUE" },
  MALFORMED_BODY: { status: 400, title: "The body could not be read", mlflow: "BAD_REQUEST" },
  UNAUTHENTICATED: { status: 401, title: "Sign in first", mlflow: "UNAUTHENTICATED" },
  FORBIDDEN: { status: 403, title: "Not allowed", mlflow: "PERMISSION_DENIED" },
  ROUTE_NOT_FOUND: { status: 404, title: "No such address", mlflow: "ENDPOINT_NOT_FOUND" },
  NOT_FOUND: { status: 404, title: "No such thing", mlflow: "RESOURCE_DOES_NOT_EXIST" },
  METHOD_NOT_ALLOWED: { status: 405, title: "Method not allowed", mlflow: "BAD_REQUEST" },
  ALREADY_EXISTS: { status: 400, title: "It exists already", mlflow: "RESOURCE_ALREADY_EXISTS" },
  CONFLICT: { status: 409, title: "It is in another state", mlflow: "INVALID_STATE" },
  IDEMPOTENCY_KEY_IN_USE: {
    status: 409,
    title: "The first request with this key is under way",
    mlflow: "RESOURCE_CONFLICT",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: "The key came with another request",
    mlflow: "INVALID_PARAMETER_VALUE",
  },
  PROMOTION_BLOCKED: {
    status: 409,
    title: "The promotion policy is not met",
    mlflow: "INVALID_STATE",
  },
  FOUR_EYES: { status: 403, title: "Somebody else must approve", mlflow: "PERMISSION_DENIED" },
  BODY_TOO_LARGE: { status: 413, title: "The body is too large", mlflow: "INVALID_PARAMETER_VALUE" },
  BODY_TOO_SLOW: { status: 408, title: "The body did not arrive in time", mlflow: "BAD_REQUEST" },
  HEADERS_TOO_LARGE: { status: 431, title: "The request's head is too large", mlflow: "BAD_REQUEST" },
  RANGE_NOT_SATISFIABLE: { status: 416, title: "No such part", mlflow: "INVALID_PARAMETER_VALUE" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: "The content type is not supported", mlflow: "BAD_REQUEST" },
  MODEL_NOT_SERVED: {
    status: 404,
    title: "No version of the model is served",
    mlflow: "RESOURCE_DOES_NOT_EXIST",
  },
  MODEL_NOT_ONNX: {
    status: 422,
    title: "The version is not an ONNX model",
    mlflow: "INVALID_PARAMETER_VALUE",
  },
  MODEL_EXTERNAL_DATA: {
    status: 422,
    title: "The model keeps weights in other files",
    mlflow: "INVALID_PARAMETER_VALUE",
  },
  MODEL_UNSUPPORTED: { status: 422, title: "The model cannot be loaded", mlflow: "INVALID_PARAMETER_VALUE" },
  MODEL_TOO_LARGE: {
    status: 422,
    title: "The model is over the size limit",
    mlflow: "INVALID_PARAMETER_VALUE",
  },
  SIGNATURE_MISSING: {
    status: 422,
    title: "The version is not signed",
    mlflow: "INVALID_STATE",
  },
  SIGNATURE_INVALID: { status: 422, title: "The signature does not hold", mlflow: "INVALID_STATE" },
  ARTIFACT_CORRUPT: {
    status: 422,
    title: "Stored bytes are not those that were uploaded",
    mlflow: "INVALID_STATE",
  },
  INPUT_MISSING: {
    status: 400,
    title: "The request lacks an input of the model",
    mlflow: "INVALID_PARAMETER_VALUE",
  },
  INPUT_UNKNOWN: { status: 400, title: "The model has no such input", mlflow: "INVALID_PARAMETER_VALUE" },
  INPUT_INVALID: { status: 400, title: "An input does not fit the model", mlflow: "INVALID_PARAMETER_VALUE" },
  TOO_MANY_REQUESTS: { status: 429, title: "Too many requests", mlflow: "REQUEST_LIMIT_EXCEEDED" },
  QUOTA_EXCEEDED: { status: 403, title: "A quota is used up", mlflow: "RESOURCE_LIMIT_EXCEEDED" },
  QUEUE_FULL: { status: 429, title: "The queue is full", mlflow: "REQUEST_LIMIT_EXCEEDED" },
  CANCELLED: { status: 499, title: "The caller went away", mlflow: "CANCELLED" },
  INTERNAL: { status: 500, title: "Something went wrong here", mlflow: "INTERNAL_ERROR" },
  NOT_SUPPORTED: { status: 501, title: "Not offered here", mlflow: "NOT_IMPLEMENTED" },
  DEADLINE_EXCEEDED: { status: 504, title: "The request's time was over", mlflow: "DEADLINE_EXCEEDED" },
  UNAVAILABLE: { status: 503, title: "Not ready", mlflow: "TEMPORARILY_UNAVAILABLE" },
} as const satisfies Record<string, { status: number; title: string; mlflow: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** The body of an error under `/api/bedplate` (RFC 9457, problem details). */
export interface ProblemDetails {
  readonly type: `urn:bedplate:error:${string}`;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly requestId: string;
  /** All problems of the request, a sentence each, where there is more than one. */
  readonly problems?: readonly string[];
}
