import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { joinPath, parseArtifactPath } from "../../domain/artifact-path.ts";
import { artifactFolder, artifactUri } from "../../domain/artifact-uri.ts";
import { Problem } from "../../domain/problem.ts";
import type { Ports } from "../../ports.ts";
import type { ArtifactEntry } from "../../store/artifact-store.ts";
import { serve } from "../serve.ts";
import { sendFile } from "./artifacts-send.ts";
import { required, text, versionNumber } from "./fields.ts";

const anywhere = z.object({ "*": required });

const toFile = (folder: string, { name, isFolder, size }: ArtifactEntry) => ({
  path: joinPath(folder, name),
  is_dir: isFolder,
  ...(isFolder ? {} : { file_size: size }),
});

/** A file's path; the root of the store is none. */
export function parseFilePath(path: string): string {
  const parsed = parseArtifactPath(path);
  if (parsed === "") throw new Problem("INVALID_REQUEST", "Invalid path");
  return parsed;
}

/** Files of the artifact store, for clients that reach it through the service. */
export function serveArtifacts(app: FastifyInstance, ports: Ports): void {
  const { artifacts } = ports;

  serve(app, "listProxyArtifacts", { querystring: z.object({ path: text }) }, async ({ query }) => {
    const entries = await artifacts.list(parseArtifactPath(query.path));
    return { files: entries.map((entry) => toFile("", entry)) };
  });
  serve(app, "downloadArtifact", { params: anywhere }, ({ params, request }, reply) =>
    sendFile(ports, parseFilePath(params["*"]), request, reply),
  );
  serve(app, "deleteArtifact", { params: anywhere }, async ({ params }) => {
    await artifacts.remove(parseFilePath(params["*"]));
    return {};
  });
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    const bodyLimitBytes = ports.settings.http.artifactLimitBytes;
    serve(
      scope,
      "uploadArtifact",
      { params: anywhere },
      async ({ params, request }) => {
        const content = request.body instanceof Readable ? request.body : Readable.from([]);
        await artifacts.put(parseFilePath(params["*"]), content, bodyLimitBytes);
        return {};
      },
      { bodyLimitBytes },
    );
  });
}

/** Files of runs, versions and logged models, by what they belong to. */
export function serveOwnedArtifacts(app: FastifyInstance, ports: Ports): void {
  const { artifacts, tracking, registry } = ports;
  const list = async (root: string, path: string) => {
    const entries = await artifacts.list(joinPath(root, path));
    return { root_uri: artifactUri(root), files: entries.map((entry) => toFile(path, entry)) };
  };

  serve(
    app,
    "listArtifacts",
    { querystring: z.object({ run_id: required, path: text }) },
    async ({ query }) => {
      const path = parseArtifactPath(query.path);
      const run = await tracking.runs.get(query.run_id);
      return await list(artifactFolder(run.artifact_uri), path);
    },
  );
  serve(
    app,
    "listLoggedModelArtifacts",
    {
      params: z.object({ modelId: required }),
      querystring: z.object({ artifact_directory_path: text }),
    },
    async ({ params, query }) => {
      const path = parseArtifactPath(query.artifact_directory_path);
      const model = await tracking.loggedModels.get(params.modelId);
      return await list(artifactFolder(model.artifact_location), path);
    },
  );
  serve(
    app,
    "getArtifact",
    { querystring: z.object({ run_id: required, path: required }) },
    async ({ query, request }, reply) => {
      const path = parseFilePath(query.path);
      const run = await tracking.runs.get(query.run_id);
      return await sendFile(ports, joinPath(artifactFolder(run.artifact_uri), path), request, reply);
    },
  );
  serve(
    app,
    "getModelVersionArtifact",
    { querystring: z.object({ name: required, version: versionNumber, path: required }) },
    async ({ query, request }, reply) => {
      const path = parseFilePath(query.path);
      const { artifact_path } = await registry.versions.get(query.name, query.version);
      return await sendFile(ports, joinPath(artifact_path, path), request, reply);
    },
  );
}
