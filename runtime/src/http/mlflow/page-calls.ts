import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { joinPath } from "../../domain/artifact-path.ts";
import { artifactFolder } from "../../domain/artifact-uri.ts";
import { parseExperimentId } from "../../domain/mlflow-words.ts";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";
import { parseFilePath } from "./artifacts.ts";
import { sendFile } from "./artifacts-send.ts";
import { listOf, pageSize, required, texts } from "./fields.ts";
import { toMetric } from "./run-words.ts";

/** MLflow's own limits of these calls. */
const experimentLimit = 20;
const datasetLimit = 1_000;
const runLimit = 100;
const valueLimit = 25_000;

/** What MLflow's page asks for beside what its clients do. */
export function servePageCalls(app: FastifyInstance, ports: Ports): void {
  const { runs, metrics, loggedModels } = ports.tracking;

  serve(
    app,
    "searchDatasets",
    {
      body: z.object({
        experiment_ids: listOf(z.string()).pipe(z.array(z.string()).min(1).max(experimentLimit)),
      }),
    },
    async ({ body }) => {
      const found = await runs.datasets(body.experiment_ids.map(parseExperimentId), datasetLimit);
      return {
        dataset_summaries: found.map(({ experiment_id, context, ...dataset }) => ({
          experiment_id: String(experiment_id),
          ...dataset,
          ...(context === null ? {} : { context }),
        })),
      };
    },
  );
  serve(
    app,
    "metricHistories",
    {
      querystring: z.object({
        run_id: texts.pipe(z.array(z.string()).min(1).max(runLimit)),
        metric_key: required,
        max_results: pageSize(valueLimit, valueLimit),
      }),
    },
    async ({ query }) => {
      const found = await metrics.histories(query.run_id, query.metric_key, query.max_results);
      return { metrics: found.map((each) => ({ ...toMetric(each), run_id: each.runId })) };
    },
  );
  serve(
    app,
    "getLoggedModelFile",
    {
      params: z.object({ modelId: required }),
      querystring: z.object({ artifact_file_path: required }),
    },
    async ({ params, query, request }, reply) => {
      const path = parseFilePath(query.artifact_file_path);
      const model = await loggedModels.get(params.modelId);
      return await sendFile(ports, joinPath(artifactFolder(model.artifact_location), path), request, reply);
    },
  );
  app.register(async (scope) => serveUpload(scope, ports));
}

/** A file that is dropped on the page. */
function serveUpload(scope: FastifyInstance, { tracking, artifacts, settings }: Ports): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  const bodyLimitBytes = settings.http.artifactLimitBytes;
  serve(
    scope,
    "uploadRunArtifact",
    { querystring: z.object({ run_uuid: required, path: required }) },
    async ({ query, request }) => {
      const path = parseFilePath(query.path);
      const run = await tracking.runs.get(query.run_uuid);
      const content = request.body instanceof Readable ? request.body : Readable.from([]);
      await artifacts.put(joinPath(artifactFolder(run.artifact_uri), path), content, bodyLimitBytes);
      return {};
    },
    { bodyLimitBytes },
  );
}
