import type { FastifyInstance } from "fastify";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";

/** The MLflow release whose REST API is spoken. */
const spokenVersion = "3.17.2";

/** What clients ask before anything else. */
export function serveServer(app: FastifyInstance, { uploads }: Pick<Ports, "uploads">): void {
  serve(app, "mlflowVersion", {}, (_call, reply) => reply.type("text/plain").send(spokenVersion));
  serve(app, "serverInfo", {}, () => ({
    store_type: "SqlStore",
    workspaces_enabled: false,
    trace_archival_enabled: false,
    multipart_uploads_enabled: true,
    multipart_downloads_enabled: uploads.direct !== undefined,
    presigned_upload_run_id_supported: true,
    presigned_upload_model_id_supported: true,
    features_enabled: { gateway: false },
  }));
}
