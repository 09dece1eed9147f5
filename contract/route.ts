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
  "prediction:read",
  "prediction:write",
  "training:read",
  "training:write",
  "webhook:read",
  "webhook:write",
  "team:read",
  "team:write",
  "token:write",
] as const;
export type Scope = (typeof scopes)[number];

/** How errors are worded: as MLflow, as the Open Inference Protocol, as problem details, or as a page. */
export type Dialect = "mlflow" | "v2" | "bedplate" | "page";

/** Things that belong to a team, or lead to one that does. */
export const referenceKinds = [
  "model",
  "served-model",
  "served-call",
  "experiment",
  "experiment-name",
  "run",
  "logged-model",
  "trace",
  "source",
  "artifact",
  "job",
  "webhook",
  "team",
] as const;
export type ReferenceKind = (typeof referenceKinds)[number];

/**
 * Where a request names a thing of a team: `run:body.run_id`, or with `read` before it where the thing is only looked
 * at although the request changes another one, or `maybe` where it need not be there. A list in the way stands for each of its elements.
 */
export type Reference =
  `${"" | "read " | "maybe "}${ReferenceKind}:${"params" | "query" | "body" | "headers"}.${string}`;

/**
 * Whose things an address is about. `all`: nothing of a team's. `caller`: what is the caller's own or of the caller's team, which the handler
 * sees to. `platform`: the whole installation, so only for who sees every team; so is an address that says nothing.
 * Otherwise the places where the request names what it is about; the caller's team must see each, and own what changes.
 */
export type About = "all" | "caller" | "platform" | readonly Reference[];

/** One address of the service. A route without a scope does not compile. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  /** Other spellings of the path that clients use. */
  readonly also?: readonly string[];
  readonly scope: Scope;
  readonly about?: About;
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
