import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { joinPath, parseArtifactPath } from "../../domain/artifact-path.ts";
import { Problem } from "../../domain/problem.ts";
import { uploaderOf } from "../../domain/upload-ticket.ts";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";
import { parseFilePath } from "./artifacts.ts";
import { int64, listOf, required } from "./fields.ts";

const partLimit = 10_000;
const below = z.object({ "*": z.string() });
const positive = int64.pipe(z.int().min(1).max(partLimit));
const claim = z.object({ part_number: positive, etag: required });
const partAddress = z.object({
  uploadId: z.uuid(),
  number: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, "a part's number")
    .transform(Number),
});

/**
 * The artifact that an upload becomes: the folder of the address, and the last name of the client's own path, whose
 * other names mean nothing here.
 */
function targetOf(folder: string, clientPath: string): string {
  const name = /[^/\\]*$/.exec(clientPath)?.[0] ?? "";
  return parseFilePath(joinPath(parseArtifactPath(folder), parseFilePath(name)));
}

const addressOf = (request: FastifyRequest, id: string) =>
  `${request.protocol}://${request.host}/api/2.0/mlflow-artifacts/mpu/parts/${id}`;

/**
 * Uploads in parts, as MLflow's clients make them: `create` hands out an address for each part, with a ticket that is
 * good for parts of this upload only, and `complete` names the parts by the ETags that came back.
 */
export function serveUploads(app: FastifyInstance, ports: Ports): void {
  const { uploads, settings } = ports;
  const limitBytes = settings.http.artifactLimitBytes;

  serve(
    app,
    "createMultipartUpload",
    { params: below, body: z.object({ path: required, num_parts: positive.default(1) }) },
    async ({ params, body, identity, request }) => {
      const path = targetOf(params["*"], body.path);
      const upload = { path, partCount: body.num_parts, createdBy: identity.name };
      const { id, ticket } = await uploads.begin(upload);
      const headers = { Authorization: `Bearer ${ticket}` };
      const credentials = Array.from({ length: body.num_parts }, (_, at) => ({
        url: `${addressOf(request, id)}/${at + 1}`,
        part_number: at + 1,
        headers,
      }));
      return { upload_id: id, credentials };
    },
  );
  serve(
    app,
    "completeMultipartUpload",
    {
      params: below,
      body: z.object({
        path: required,
        upload_id: required,
        parts: listOf(claim, partLimit).refine((parts) => parts.length > 0, "at least one"),
      }),
    },
    async ({ params, body }) => {
      const claims = body.parts.map(({ part_number, etag }) => ({
        number: part_number,
        digest: etag.replace(/^"(.*)"$/, "$1"),
      }));
      await uploads.complete(body.upload_id, targetOf(params["*"], body.path), claims, limitBytes);
      return {};
    },
  );
  serve(
    app,
    "abortMultipartUpload",
    { params: below, body: z.object({ path: required, upload_id: required }) },
    async ({ params, body }) => {
      await uploads.abort(body.upload_id, targetOf(params["*"], body.path));
      return {};
    },
  );
  app.register(async (scope) => serveParts(scope, ports, limitBytes));
}

async function serveParts(scope: FastifyInstance, ports: Ports, bodyLimitBytes: number): Promise<void> {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  serve(
    scope,
    "uploadPart",
    { params: partAddress },
    async ({ params, identity, request }, reply) => {
      const { uploadId, number } = params;
      if (!identity.scopes.has("tracking:write") && identity.name !== uploaderOf(uploadId)) {
        throw new Problem("FORBIDDEN", "This ticket is for another upload.");
      }
      const content = request.body instanceof Readable ? request.body : Readable.from([]);
      const { digest } = await ports.uploads.putPart(uploadId, number, content, bodyLimitBytes);
      reply.header("etag", `"${digest}"`);
      return {};
    },
    { bodyLimitBytes },
  );
}
