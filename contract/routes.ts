import type { About, Route, Scope } from "./route.ts";
import { artifactRoutes } from "./routes-artifacts.ts";
import { governanceRoutes } from "./routes-governance.ts";
import { inferenceRoutes } from "./routes-inference.ts";
import { lineageRoutes } from "./routes-lineage.ts";
import { mlflowRoutes } from "./routes-mlflow.ts";
import { predictionRoutes } from "./routes-predictions.ts";
import { rolloutRoutes } from "./routes-rollouts.ts";
import { teamRoutes } from "./routes-teams.ts";
import { traceRoutes } from "./routes-traces.ts";
import { webhookRoutes } from "./routes-webhooks.ts";

const api = "/api/bedplate/v1";

function read<const P extends string>(
  path: P,
  scope: Scope,
  dialect: Route["dialect"],
  summary: string,
  about: About = "all",
) {
  return { method: "GET", path, scope, about, dialect, body: "none", idempotent: true, summary } as const;
}

const probes = {
  live: { ...read("/livez", "public", "bedplate", "The process runs"), also: ["/health", "/v2/health/live"] },
  ready: {
    ...read("/readyz", "public", "bedplate", "The service can do its work"),
    also: ["/v2/health/ready", "/ping"],
  },
} as const satisfies Record<string, Route>;

const pages = {
  home: read("/", "console:read", "page", "Goes to the console"),
  loginPage: read("/login", "public", "page", "The sign-in page"),
  login: {
    method: "POST",
    path: "/login",
    scope: "public",
    dialect: "page",
    body: "form",
    idempotent: false,
    summary: "Signs in with a token and starts a session",
  },
  logout: {
    method: "POST",
    path: "/logout",
    scope: "self",
    about: "all",
    dialect: "page",
    body: "form",
    idempotent: true,
    summary: "Ends the session",
  },
  console: { ...read("/console/*", "console:read", "page", "The console"), also: ["/console"] },
  docs: { ...read("/docs/*", "console:read", "page", "The API's documentation"), also: ["/docs"] },
  openapi: read("/openapi.json", "platform:read", "bedplate", "The API as an OpenAPI document"),
  metrics: read("/metrics", "metrics:read", "bedplate", "Metrics in Prometheus text format", "platform"),
} as const satisfies Record<string, Route>;

const platform = {
  whoami: read(`${api}/identity`, "self", "bedplate", "Who the caller is"),
  platform: read(`${api}/platform`, "platform:read", "bedplate", "What this installation is", "caller"),
} as const satisfies Record<string, Route>;

const models = {
  listModels: read(
    `${api}/models`,
    "registry:read",
    "bedplate",
    "Registered models with what is served of each",
    "caller",
  ),
  getModel: read(
    `${api}/models/:name`,
    "registry:read",
    "bedplate",
    "One registered model with what is served",
    ["model:params.name"],
  ),
  promoteModel: {
    method: "POST",
    path: `${api}/models/:name/promote`,
    scope: "model:promote",
    about: ["model:params.name"],
    dialect: "bedplate",
    body: "json",
    idempotent: true,
    summary: "Makes a version the champion, which is what is served",
  },
} as const satisfies Record<string, Route>;

const training = {
  submitJob: {
    method: "POST",
    path: `${api}/training/jobs`,
    scope: "training:write",
    about: "caller",
    dialect: "bedplate",
    body: "json",
    idempotent: false,
    keyed: true,
    summary: "Submits a training job",
  },
  listJobs: read(
    `${api}/training/jobs`,
    "training:read",
    "bedplate",
    "Training jobs, newest first",
    "caller",
  ),
  getJob: read(`${api}/training/jobs/:id`, "training:read", "bedplate", "One training job", [
    "job:params.id",
  ]),
  jobLog: read(`${api}/training/jobs/:id/log`, "training:read", "bedplate", "A job's log as plain text", [
    "job:params.id",
  ]),
  cancelJob: {
    method: "POST",
    path: `${api}/training/jobs/:id/cancel`,
    scope: "training:write",
    about: ["job:params.id"],
    dialect: "bedplate",
    body: "none",
    idempotent: true,
    summary: "Cancels a training job",
  },
} as const satisfies Record<string, Route>;

/** Every address of the service, by the name under which handlers register. */
export const routes = {
  ...probes,
  ...pages,
  ...platform,
  ...models,
  ...governanceRoutes,
  ...rolloutRoutes,
  ...training,
  ...inferenceRoutes,
  ...predictionRoutes,
  ...lineageRoutes,
  ...mlflowRoutes,
  ...artifactRoutes,
  ...traceRoutes,
  ...webhookRoutes,
  ...teamRoutes,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
