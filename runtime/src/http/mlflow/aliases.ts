import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";
import { required, versionNumber } from "./fields.ts";
import { toModelVersion } from "./model-versions.ts";

/** Files of a version that are looked through for a model to serve. */
const fileLimit = 1_000;
const byAlias = z.object({ name: required, alias: required });

/** Aliases: names that point at one version of a model. */
export function serveAliases(app: FastifyInstance, ports: Ports): void {
  const { registry } = ports;

  serve(
    app,
    "setAlias",
    { body: z.object({ ...byAlias.shape, version: versionNumber }) },
    async ({ body: { name: model, alias, version }, identity }) => {
      if (alias === ports.settings.serving.alias) await requireServable(ports, model, version);
      await registry.setAlias({ model, alias, version, actor: identity.name });
      return {};
    },
  );
  serve(app, "deleteAlias", { body: byAlias }, async ({ body: { name: model, alias }, identity }) => {
    await registry.deleteAlias({ model, alias, actor: identity.name });
    return {};
  });
  serve(app, "getVersionByAlias", { querystring: byAlias }, async ({ query: { name, alias } }) => {
    const version = await registry.resolveAlias(name, alias);
    return { model_version: toModelVersion(await registry.versions.get(name, version)) };
  });
}

/** What holds an ONNX file must load before it may become what is served; a version without one only has the name. */
async function requireServable(ports: Ports, model: string, version: number): Promise<void> {
  const { artifact_path } = await ports.registry.versions.get(model, version);
  const files = await ports.artifacts.files(artifact_path, fileLimit);
  const hasOnnx = files.some(({ path }) => path.toLowerCase().endsWith(".onnx"));
  if (hasOnnx) await ports.models.check({ model, version, artifactPath: artifact_path });
}
