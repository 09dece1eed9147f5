import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { joinPath } from "../../domain/artifact-path.ts";
import { artifactFolder } from "../../domain/artifact-uri.ts";
import { contentTypeOf } from "../../domain/content-type.ts";
import { Problem } from "../../domain/problem.ts";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";
import { parseFilePath } from "./artifacts.ts";
import { headerName } from "./artifacts-send.ts";
import { int64, required, text } from "./fields.ts";

const uploadSeconds = 900;
const downloadSeconds = 300;

/** Clients know this sentence and send the bytes through the service then. */
const notSupported = (what: string) =>
  new Problem("NOT_SUPPORTED", `${what} is not supported for the current artifact repository`);

/** Addresses at which clients reach the object store by themselves, where it is one that they can reach. */
export function servePresigned(app: FastifyInstance, ports: Ports): void {
  const { artifacts, tracking, settings } = ports;
  const { direct } = ports.uploads;
  const mostSeconds = Math.max(1, Math.floor(settings.artifacts.addressLifetimeMs / 1_000));
  const expiration = int64.pipe(z.int().min(1).max(mostSeconds)).optional();
  const runFolder = async (id: string) => artifactFolder((await tracking.runs.get(id)).artifact_uri);
  const modelFolder = async (id: string) =>
    artifactFolder((await tracking.loggedModels.get(id)).artifact_location);

  async function download(path: string, seconds: number) {
    if (direct === undefined) throw notSupported("Presigned download");
    const { digest, size } = await artifacts.find(path);
    const address = await direct.download(digest, headerName(path), contentTypeOf(path), seconds);
    return { address, size };
  }

  serve(
    app,
    "presignUpload",
    { body: z.object({ run_id: text, model_id: text, path: required, expiration }) },
    async ({ body, identity }) => {
      const path = parseFilePath(body.path);
      if ((body.run_id === "") === (body.model_id === "")) {
        throw new Problem("INVALID_REQUEST", "Exactly one of run_id and model_id must be provided.");
      }
      const folder = await (body.run_id === "" ? modelFolder(body.model_id) : runFolder(body.run_id));
      if (direct === undefined) throw notSupported("Presigned upload");
      const seconds = body.expiration ?? Math.min(uploadSeconds, mostSeconds);
      const upload = { path: joinPath(folder, path), createdBy: identity.name, seconds };
      const { url, headers } = await direct.upload(upload);
      return { presigned_url: url, headers };
    },
  );
  serve(
    app,
    "presignDownload",
    { body: z.object({ run_id: required, path: required, expiration }) },
    async ({ body }) => {
      const path = joinPath(await runFolder(body.run_id), parseFilePath(body.path));
      const { address, size } = await download(
        path,
        body.expiration ?? Math.min(downloadSeconds, mostSeconds),
      );
      return { presigned_url: address.url, headers: address.headers, file_size: size };
    },
  );
  serve(app, "presignProxyDownload", { params: z.object({ "*": required }) }, async ({ params }) => {
    const { address, size } = await download(
      parseFilePath(params["*"]),
      Math.min(downloadSeconds, mostSeconds),
    );
    return { ...address, file_size: size };
  });
}
