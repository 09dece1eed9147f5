import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { homeOf } from "../../domain/identity.ts";
import type { Ports } from "../../ports.ts";
import type { RegisteredModel } from "../../store/registered-model-rows.ts";
import { serve } from "../serve.ts";
import { nextPage, required, search, tags, text, toSearch } from "./fields.ts";
import { toModelVersion } from "./model-versions.ts";

const byName = z.object({ name: required });

const toRegisteredModel = (model: RegisteredModel) => ({
  name: model.name,
  creation_timestamp: model.creation_time,
  last_updated_timestamp: model.last_updated_time,
  description: model.description,
  latest_versions: model.latestVersions.map(toModelVersion),
  tags: model.tags,
  aliases: model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
});

/** Registered models and their tags. */
export function serveRegisteredModels(app: FastifyInstance, ports: Ports): void {
  const { models } = ports.registry;

  serve(
    app,
    "createRegisteredModel",
    { body: z.object({ name: required, description: text, tags }) },
    async ({ body, identity }) => ({
      registered_model: toRegisteredModel(
        await models.create({ ...body, actor: identity.name, team: homeOf(identity) }),
      ),
    }),
  );
  serve(app, "getRegisteredModel", { querystring: byName }, async ({ query }) => ({
    registered_model: toRegisteredModel(await models.get(query.name)),
  }));
  serve(
    app,
    "searchRegisteredModels",
    { querystring: z.object(search(100, 1_000)) },
    async ({ query, identity }) => {
      const page = await models.search(toSearch(query, identity));
      return { registered_models: page.items.map(toRegisteredModel), ...nextPage(page.next) };
    },
  );
  serve(
    app,
    "renameRegisteredModel",
    { body: z.object({ name: required, new_name: required }) },
    async ({ body }) => ({
      registered_model: toRegisteredModel(await models.rename(body.name, body.new_name)),
    }),
  );
  serve(
    app,
    "updateRegisteredModel",
    { body: z.object({ name: required, description: text }) },
    async ({ body }) => ({
      registered_model: toRegisteredModel(await models.describe(body.name, body.description)),
    }),
  );
  serve(app, "deleteRegisteredModel", { body: byName }, async ({ body, identity }) => {
    await models.delete(body.name, identity.name);
    return {};
  });
  serve(
    app,
    "setRegisteredModelTag",
    { body: z.object({ name: required, key: required, value: text }) },
    async ({ body: { name, ...tag }, identity }) => {
      await models.setTag(name, tag, identity.name);
      return {};
    },
  );
  serve(
    app,
    "deleteRegisteredModelTag",
    { body: z.object({ name: required, key: required }) },
    async ({ body, identity }) => {
      await models.deleteTag(body.name, body.key, identity.name);
      return {};
    },
  );
}
