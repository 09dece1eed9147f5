import type { FastifyInstance, FastifyRequest } from "fastify";
import { parseExperimentId } from "../../domain/mlflow-words.ts";
import { Problem } from "../../domain/problem.ts";
import { draftTraces } from "../../domain/trace-draft.ts";
import type { Ports } from "../../ports.ts";
import { jsonType, protobufType, readExportRequest } from "../otlp/otlp-request.ts";
import { exportResponse } from "../otlp/otlp-schema.ts";
import { serve } from "../serve.ts";
import { unpack } from "../unpack.ts";

const experimentHeader = "x-mlflow-experiment-id";
const runHeader = "x-mlflow-run-id";

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Spans of any OpenTelemetry exporter. Source: OpenTelemetry protocol specification, OTLP/HTTP. */
export function serveSpans(app: FastifyInstance, { settings, tracking }: Ports): void {
  const { bodyLimitBytes, traceSpanLimit } = settings.traces;
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      [protobufType, jsonType],
      { parseAs: "buffer" },
      async (_request: unknown, body: Buffer | string) => body,
    );
    scope.addHook("preParsing", async (request, _reply, payload) => unpack(request, payload, bodyLimitBytes));
    serve(
      scope,
      "receiveSpans",
      {},
      async ({ request, body }, reply) => {
        const experiment = headerOf(request, experimentHeader);
        const runId = headerOf(request, runHeader);
        if (experiment === undefined) {
          throw new Problem(
            "INVALID_REQUEST",
            `Send the header ${experimentHeader} with an experiment's id.`,
          );
        }
        const mediaType = request.headers["content-type"]?.startsWith(jsonType) ? jsonType : protobufType;
        const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
        const drafts = draftTraces(readExportRequest(bytes, mediaType, settings.traces));
        if (runId !== undefined) await tracking.runs.get(runId);
        const dropped = await tracking.traces.receive(parseExperimentId(experiment), drafts, traceSpanLimit);
        const ids = drafts.filter(({ name }) => name !== null).map(({ traceId }) => traceId);
        if (runId !== undefined) await tracking.traces.link(runId, ids);
        return reply.type(mediaType).send(writeAnswer(mediaType, dropped, traceSpanLimit));
      },
      { bodyLimitBytes },
    );
  });
}

/** What is dropped is told in a success: the sender must not send it again. */
function writeAnswer(mediaType: string, dropped: number, limit: number): Buffer | string {
  const errorMessage = `A trace may hold ${limit} spans; the others are dropped.`;
  if (mediaType === jsonType) {
    const partialSuccess = { rejectedSpans: String(dropped), errorMessage };
    return JSON.stringify(dropped === 0 ? {} : { partialSuccess });
  }
  const partialSuccess = { rejectedSpans: dropped, errorMessage };
  return Buffer.from(exportResponse.encode(dropped === 0 ? {} : { partialSuccess }).finish());
}
