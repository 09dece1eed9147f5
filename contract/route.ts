/** What a caller may do. `public` needs no sign-in; `self` needs any. */
export const scopes = [
  "public",
  "self",
  "console:read",
  "platform:read",
  "metrics:read",
  "tracking:read",
  "tracking:write",
  "artifact:upload-part",
  "artifact:collect",
  "registry:read",
  "registry:write",
  "model:promote",
  "approval:write",
  "governance:write",
  "audit:read",
  "inference:call",
  "training:read",
  "training:write",
  "webhook:read",
  "webhook:write",
] as const;
export type Scope = (typeof scopes)[number];

/** How errors are worded: as MLflow, as the Open Inference Protocol, as problem details, or as a page. */
export type Dialect = "mlflow" | "v2" | "bedplate" | "page";

/** One address of the service. A route without a scope does not compile. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  /** Other spellings of the path that clients use. */
  readonly also?: readonly string[];
  readonly scope: Scope;
  readonly dialect: Dialect;
  /** `stream` bodies are artifacts: passed on as they arrive, under the artifact limits. */
  readonly body: "none" | "json" | "form" | "stream";
  /** Whether sending it twice is the same as sending it once. */
  readonly idempotent: boolean;
  /**
   * Whether an `Idempotency-Key` is honoured: a retried request makes one thing and gets the same answer. The answer
   * is kept for that, so it must hold no secret, and the handler must return it.
   */
  readonly keyed?: true;
  readonly summary: string;
}
