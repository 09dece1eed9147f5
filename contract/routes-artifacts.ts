import type { Route } from "./route.ts";

const mpu = "/2.0/mlflow-artifacts/mpu";

/** MLflow serves each address twice: `/api` for SDKs, `/ajax-api` for its page. */
function twice(method: Route["method"], path: string, summary: string, rest: Partial<Route> = {}) {
  return {
    method,
    path: `/api${path}`,
    also: [`/ajax-api${path}`],
    scope: "tracking:write",
    about: ["artifact:params.*"],
    dialect: "mlflow",
    body: "json",
    idempotent: false,
    summary,
    ...rest,
  } satisfies Route;
}

/** Uploads in parts, addresses of the object store itself, and collection; source of the first two: MLflow's API. */
export const artifactRoutes = {
  createMultipartUpload: twice("POST", `${mpu}/create/*`, "Begins an upload in parts"),
  completeMultipartUpload: twice("POST", `${mpu}/complete/*`, "Makes an artifact from its parts", {
    idempotent: true,
  }),
  abortMultipartUpload: twice("POST", `${mpu}/abort/*`, "Gives an upload in parts up"),
  uploadPart: twice("PUT", `${mpu}/parts/:uploadId/:number`, "Stores one part of an upload", {
    scope: "artifact:upload-part",
    about: "all",
    body: "stream",
    idempotent: true,
  }),
  presignUpload: twice(
    "POST",
    "/2.0/mlflow/artifacts/presigned-upload-url",
    "An address of the object store for one upload",
    { about: ["run:body.run_id", "logged-model:body.model_id"] },
  ),
  presignDownload: twice(
    "POST",
    "/2.0/mlflow/artifacts/presigned-download-url",
    "An address of the object store for one artifact of a run",
    { scope: "tracking:read", about: ["run:body.run_id"], idempotent: true },
  ),
  presignProxyDownload: twice(
    "GET",
    "/2.0/mlflow-artifacts/presigned/*",
    "An address of the object store for one artifact",
    { scope: "tracking:read", body: "none", idempotent: true },
  ),
  collectArtifacts: {
    method: "POST",
    path: "/api/bedplate/v1/artifacts/collect",
    scope: "artifact:collect",
    about: "platform",
    dialect: "bedplate",
    body: "none",
    idempotent: true,
    summary: "Removes bytes that no artifact refers to",
  },
} as const satisfies Record<string, Route>;
