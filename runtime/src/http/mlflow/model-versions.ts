import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { artifactUri } from "../../domain/artifact-uri.ts";
import { stages } from "../../domain/mlflow-words.ts";
import type { Ports } from "../../ports.ts";
import type { ModelVersion } from "../../store/model-version-rows.ts";
import { serve } from "../serve.ts";
import { nextPage, required, search, tags, text, texts, toSearch, versionNumber } from "./fields.ts";

const byVersion = z.object({ name: required, version: versionNumber });
const newVersion = z.object({
  name: required,
  source: required,
  run_id: text,
  run_link: text,
  description: text,
  model_id: text,
  tags,
});
const stage = z
  .string()
  .transform((name) => stages.find((known) => known.toLowerCase() === name.toLowerCase()))
  .refine((known) => known !== undefined, `must be one of ${stages.join(", ")}`);
const latest = z.object({ name: required, stages: texts.pipe(z.array(stage)) });

/** A version in MLflow's words. */
export const toModelVersion = (version: ModelVersion) => ({
  name: version.name,
  version: String(version.version),
  creation_timestamp: version.creation_time,
  last_updated_timestamp: version.last_updated_time,
  user_id: version.user_id,
  current_stage: version.stage,
  description: version.description,
  source: version.source,
  run_id: version.run_id,
  status: version.status,
  tags: version.tags,
  run_link: version.run_link,
  aliases: version.aliases,
  ...(version.model_id === "" ? {} : { model_id: version.model_id }),
});

/** Versions of registered models. */
export function serveModelVersions(app: FastifyInstance, ports: Ports): void {
  const { versions } = ports.registry;

  serve(app, "createModelVersion", { body: newVersion }, async ({ body, identity }) => ({
    model_version: toModelVersion(
      await versions.create({
        name: body.name,
        source: body.source,
        runId: body.run_id,
        runLink: body.run_link,
        description: body.description,
        modelId: body.model_id,
        tags: body.tags,
        actor: identity.name,
      }),
    ),
  }));
  serve(app, "getModelVersion", { querystring: byVersion }, async ({ query }) => ({
    model_version: toModelVersion(await versions.get(query.name, query.version)),
  }));
  serve(
    app,
    "searchModelVersions",
    { querystring: z.object(search(10_000, 200_000)) },
    async ({ query, identity }) => {
      const page = await versions.search(toSearch(query, identity));
      return { model_versions: page.items.map(toModelVersion), ...nextPage(page.next) };
    },
  );
  serve(app, "modelVersionDownloadUri", { querystring: byVersion }, async ({ query }) => {
    const { artifact_path } = await versions.get(query.name, query.version);
    return { artifact_uri: artifactUri(artifact_path) };
  });
  serve(
    app,
    "updateModelVersion",
    { body: z.object({ ...byVersion.shape, description: text }) },
    async ({ body }) => ({
      model_version: toModelVersion(await versions.describe(body.name, body.version, body.description)),
    }),
  );
  serve(app, "deleteModelVersion", { body: byVersion }, async ({ body, identity }) => {
    await versions.delete(body.name, body.version, identity.name);
    return {};
  });
  serve(
    app,
    "setModelVersionTag",
    { body: z.object({ ...byVersion.shape, key: required, value: text }) },
    async ({ body: { name, version, ...tag }, identity }) => {
      await versions.setTag(name, version, tag, identity.name);
      return {};
    },
  );
  serve(
    app,
    "deleteModelVersionTag",
    { body: z.object({ ...byVersion.shape, key: required }) },
    async ({ body, identity }) => {
      await versions.deleteTag(body.name, body.version, body.key, identity.name);
      return {};
    },
  );
}

/** Stages: how clients before aliases said which version counts. */
export function serveStages(app: FastifyInstance, ports: Ports): void {
  const { versions } = ports.registry;
  const find = async ({ name, stages: wanted }: z.output<typeof latest>) => ({
    model_versions: (await versions.latest(name, wanted)).map(toModelVersion),
  });
  serve(app, "getLatestVersions", { querystring: latest }, ({ query }) => find(query));
  serve(app, "postLatestVersions", { body: latest }, ({ body }) => find(body));
  serve(
    app,
    "transitionStage",
    { body: z.object({ ...byVersion.shape, stage, archive_existing_versions: z.boolean().default(false) }) },
    async ({ body: { name, version, stage, archive_existing_versions: archive }, identity }) => ({
      model_version: toModelVersion(await versions.transition(name, version, stage, archive, identity.name)),
    }),
  );
}
