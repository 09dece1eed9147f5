import type { Route } from "./route.ts";

const model = "/api/bedplate/v1/models/:name";
const ofModel = ["model:params.name"] as const;

/** What was kept of a model's predictions, and what turned out to be true of them. */
export const predictionRoutes = {
  listPredictions: {
    method: "GET",
    path: `${model}/predictions`,
    scope: "prediction:read",
    about: ofModel,
    dialect: "bedplate",
    body: "none",
    idempotent: true,
    summary: "Logged predictions with their labels",
  },
  labelPredictions: {
    method: "POST",
    path: `${model}/labels`,
    scope: "prediction:write",
    about: ofModel,
    dialect: "bedplate",
    body: "json",
    idempotent: true,
    summary: "Says what turned out to be true of predictions",
  },
} as const satisfies Record<string, Route>;
