import { versionFiles } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";
import { versionParams } from "./version-params.ts";

/** The files of a version with their digests. */
export function serveVersionFiles(app: FastifyInstance, { registry }: Ports): void {
  serve(
    app,
    "versionFiles",
    { params: versionParams, response: { 200: versionFiles } },
    ({ params: { name, version } }) => registry.versions.files(name, version),
  );
}
