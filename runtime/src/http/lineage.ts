import { type Transform, Transform as TransformStream } from "node:stream";
import { createGunzip } from "node:zlib";
import {
  type LineageBatchResult,
  type LineageEvent,
  lineageBatch,
  lineageBatchResult,
  lineageEvent,
  lineageGraph,
  lineageQuery,
} from "@bedplate/contract";
import type { FastifyInstance, FastifyRequest, RequestPayload } from "fastify";
import { z } from "zod";
import { Problem } from "../domain/problem.ts";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

/** OpenLineage events in, and the lineage graph. */
export async function serveLineage(app: FastifyInstance, ports: Ports): Promise<void> {
  const { bodyLimitBytes, nodeLimit } = ports.settings.lineage;
  const limits = { bodyLimitBytes };
  await app.register(async (scope) => {
    scope.addHook("preParsing", async (request, _reply, payload) =>
      inflate(request, payload, bodyLimitBytes),
    );
    serve(
      scope,
      "receiveLineage",
      { body: lineageEvent, response: { 200: z.strictObject({}) } },
      async ({ body }) => {
        await ports.lineage.receive(body);
        return {};
      },
      limits,
    );
    serve(
      scope,
      "receiveLineageBatch",
      { body: lineageBatch, response: { 200: lineageBatchResult } },
      ({ body }) => receiveAll(body, ports.lineage.receive),
      limits,
    );
  });
  serve(app, "lineageGraph", { querystring: lineageQuery, response: { 200: lineageGraph } }, ({ query }) =>
    ports.lineage.graph({ ...query, nodeLimit, servingAlias: ports.settings.serving.alias }),
  );
}

/** Takes what can be taken; only an event that could go well another time is worth sending again. */
async function receiveAll(
  events: readonly unknown[],
  receive: (event: LineageEvent) => Promise<void>,
): Promise<LineageBatchResult> {
  const failed: LineageBatchResult["failed_events"] = [];
  for (const [index, given] of events.entries()) {
    const event = lineageEvent.safeParse(given);
    if (!event.success) {
      failed.push({ index, reason: reasonOf(event.error), retriable: false });
      continue;
    }
    try {
      await receive(event.data);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failed.push({ index, reason: error.message, retriable: error.status >= 500 });
    }
  }
  const successful = events.length - failed.length;
  const status = failed.length === 0 ? "success" : successful === 0 ? "failure" : "partial_success";
  return {
    status,
    summary: { received: events.length, successful, failed: failed.length },
    failed_events: failed,
  };
}

const reasonsLimit = 5;

function reasonOf(error: z.ZodError): string {
  return error.issues
    .slice(0, reasonsLimit)
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`))
    .join("; ");
}

/** Unpacks a body that came packed, and counts what comes out, so that a small body cannot become a large one. */
function inflate(request: FastifyRequest, payload: RequestPayload, limitBytes: number): RequestPayload {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase();
  if (encoding === undefined || encoding === "identity") return payload;
  if (encoding !== "gzip") {
    throw new Problem(
      "UNSUPPORTED_MEDIA_TYPE",
      `The content encoding "${encoding.slice(0, 50)}" is not taken; send gzip or nothing.`,
    );
  }
  const packed = payload as NodeJS.ReadableStream;
  const gunzip = createGunzip();
  const counted: Transform & { receivedEncodedLength?: number } = countUpTo(limitBytes);
  counted.receivedEncodedLength = 0;
  packed.on("data", (chunk: Buffer) => {
    counted.receivedEncodedLength = (counted.receivedEncodedLength ?? 0) + chunk.length;
  });
  packed.on("error", () => gunzip.destroy());
  gunzip.on("error", () =>
    counted.destroy(new Problem("MALFORMED_BODY", "The body says that it is gzip and is not.")),
  );
  counted.on("close", () => gunzip.destroy());
  packed.pipe(gunzip).pipe(counted);
  return counted as RequestPayload;
}

function countUpTo(limitBytes: number): Transform {
  let length = 0;
  return new TransformStream({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length <= limitBytes) return done(null, chunk);
      done(new Problem("BODY_TOO_LARGE", `The unpacked body is larger than ${limitBytes} bytes.`));
    },
  });
}
