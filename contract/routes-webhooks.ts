import type { Route } from "./route.ts";

const mlflow = "/api/2.0/mlflow/webhooks";
const own = "/api/bedplate/v1/webhooks/:id";

function route<const M extends Route["method"]>(method: M, path: string, summary: string) {
  const reads = method === "GET";
  return {
    method,
    path,
    scope: reads ? "webhook:read" : "webhook:write",
    about: path.includes(":id") ? (["webhook:params.id"] as const) : ("caller" as const),
    body: method === "POST" || method === "PATCH" ? "json" : "none",
    idempotent: method !== "POST",
    summary,
  } as const;
}

/** MLflow serves each address twice: `/api` for SDKs, `/ajax-api` for its page. */
const twice = <R extends { readonly path: string }>(made: R) => ({
  ...made,
  also: [made.path.replace("/api/", "/ajax-api/")],
  dialect: "mlflow" as const,
});

/** Webhooks in MLflow's words, and what MLflow lacks: history and replay. */
export const webhookRoutes = {
  createWebhook: { ...twice(route("POST", mlflow, "Creates a webhook")), keyed: true },
  listWebhooks: twice(route("GET", mlflow, "Webhooks, newest first")),
  getWebhook: twice(route("GET", `${mlflow}/:id`, "One webhook")),
  updateWebhook: twice(route("PATCH", `${mlflow}/:id`, "Changes a webhook")),
  deleteWebhook: twice(route("DELETE", `${mlflow}/:id`, "Deletes a webhook and what waits for it")),
  testWebhook: twice(route("POST", `${mlflow}/:id/test`, "Sends an example event now")),
  listDeliveries: {
    ...route("GET", `${own}/deliveries`, "Deliveries of a webhook, newest first"),
    dialect: "bedplate",
  },
  replayDeliveries: {
    ...route("POST", `${own}/replay`, "Sends one delivery, or a time range of events, again"),
    dialect: "bedplate",
    idempotent: true,
  },
} as const satisfies Record<string, Route>;
