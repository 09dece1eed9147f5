import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { joinPath, parseArtifactPath } from "../../domain/artifact-path.ts";
import { traceFolder } from "../../domain/artifact-uri.ts";
import { Problem } from "../../domain/problem.ts";
import { writeSpanFile } from "../../domain/span-file.ts";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";
import { sendFile } from "./artifacts-send.ts";
import { required, text } from "./fields.ts";

/** Where clients that keep spans as an artifact put them, and what is attached to spans. */
const spanFile = "traces.json";
const attachments = "attachments";

/** A trace's files. Where one lies follows from the trace's experiment and never from a tag, which anybody may set. */
export function serveTraceArtifacts(app: FastifyInstance, ports: Ports): void {
  const { traces, experiments } = ports.tracking;

  serve(
    app,
    "getTraceArtifact",
    { querystring: z.object({ request_id: required, path: text }) },
    async ({ query, request }, reply) => {
      const name = parseArtifactPath(query.path);
      if (name.includes("/")) throw new Problem("INVALID_REQUEST", "Invalid path");
      const trace = await traces.get(query.request_id);
      if (name === "" && trace.span_count > 0) {
        const limit = ports.settings.traces.answerLimitBytes;
        const spans = (await traces.spans([trace.trace_id], limit)).get(trace.trace_id)?.spans ?? "[]";
        return reply
          .headers({
            "content-type": "application/octet-stream",
            "content-disposition": `attachment; filename=${spanFile}`,
            "x-content-type-options": "nosniff",
          })
          .send(writeSpanFile(spans));
      }
      const { artifact_location: location } = await experiments.get(trace.experiment_id);
      const file = name === "" ? spanFile : joinPath(attachments, name);
      return await sendFile(ports, joinPath(traceFolder(location, trace.trace_id), file), request, reply);
    },
  );
}
