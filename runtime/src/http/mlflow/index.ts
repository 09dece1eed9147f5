import type { FastifyInstance } from "fastify";
import type { Ports } from "../../ports.ts";
import { serveAliases } from "./aliases.ts";
import { serveArtifacts, serveOwnedArtifacts } from "./artifacts.ts";
import { servePresigned } from "./artifacts-presigned.ts";
import { serveUploads } from "./artifacts-uploads.ts";
import { speakMlflow } from "./dialect.ts";
import { serveExperiments } from "./experiments.ts";
import { serveLoggedModels } from "./logged-models.ts";
import { serveMetrics } from "./metrics.ts";
import { serveModelVersions, serveStages } from "./model-versions.ts";
import { servePageCalls } from "./page-calls.ts";
import { serveRegisteredModels } from "./registered-models.ts";
import { serveRunInputs } from "./run-inputs.ts";
import { serveRuns } from "./runs.ts";
import { serveServer } from "./server.ts";
import { serveTraceArtifacts } from "./trace-artifacts.ts";
import { serveAssessments } from "./trace-assessments.ts";
import { serveTraceChanges, serveTracesV2 } from "./trace-changes.ts";
import { serveTraces } from "./traces.ts";
import { serveSpans } from "./traces-otlp.ts";
import { serveWebhooks } from "./webhooks.ts";

/** The MLflow REST core. `app` is a scope of its own: what is set here holds for these routes only. */
export async function serveMlflow(app: FastifyInstance, ports: Ports): Promise<void> {
  speakMlflow(app);
  serveServer(app, ports);
  serveExperiments(app, ports);
  serveRuns(app, ports);
  serveRunInputs(app, ports);
  serveMetrics(app, ports);
  serveLoggedModels(app, ports);
  serveTraces(app, ports);
  serveTraceChanges(app, ports);
  serveTracesV2(app, ports);
  serveAssessments(app, ports);
  serveTraceArtifacts(app, ports);
  serveSpans(app, ports);
  serveRegisteredModels(app, ports);
  serveModelVersions(app, ports);
  serveStages(app, ports);
  serveAliases(app, ports);
  serveArtifacts(app, ports);
  serveOwnedArtifacts(app, ports);
  servePageCalls(app, ports);
  serveWebhooks(app, ports);
  serveUploads(app, ports);
  servePresigned(app, ports);
}
