import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { homeOf, type Identity } from "../../domain/identity.ts";
import { parseExperimentId } from "../../domain/mlflow-words.ts";
import type { Ports } from "../../ports.ts";
import type { Experiment } from "../../store/experiment-rows.ts";
import { serve } from "../serve.ts";
import { nextPage, required, search, tags, text, toSearch, viewType } from "./fields.ts";

const byId = z.object({ experiment_id: required });
const searchFields = z.object({ ...search(1_000, 50_000), view_type: viewType });

const toExperiment = (experiment: Experiment) => ({
  ...experiment,
  experiment_id: String(experiment.experiment_id),
});

export function serveExperiments(app: FastifyInstance, ports: Ports): void {
  const { experiments } = ports.tracking;

  serve(
    app,
    "createExperiment",
    { body: z.object({ name: required, artifact_location: text, tags }) },
    async ({ body, identity }) => ({
      experiment_id: String(
        await experiments.create(body.name, body.tags, body.artifact_location, homeOf(identity)),
      ),
    }),
  );
  serve(app, "getExperiment", { querystring: byId }, async ({ query }) => ({
    experiment: toExperiment(await experiments.get(parseExperimentId(query.experiment_id))),
  }));
  serve(
    app,
    "getExperimentByName",
    { querystring: z.object({ experiment_name: required }) },
    async ({ query }) => ({ experiment: toExperiment(await experiments.getByName(query.experiment_name)) }),
  );
  const find = async (fields: z.output<typeof searchFields>, identity: Identity) => {
    const page = await experiments.search(fields.view_type, toSearch(fields, identity));
    return { experiments: page.items.map(toExperiment), ...nextPage(page.next) };
  };
  serve(app, "searchExperiments", { body: searchFields }, ({ body, identity }) => find(body, identity));
  serve(app, "listExperiments", { querystring: searchFields }, ({ query, identity }) =>
    find(query, identity),
  );
  serve(
    app,
    "updateExperiment",
    { body: z.object({ experiment_id: required, new_name: required }) },
    async ({ body }) => {
      await experiments.rename(parseExperimentId(body.experiment_id), body.new_name);
      return {};
    },
  );
  serve(app, "deleteExperiment", { body: byId }, async ({ body }) => {
    await experiments.delete(parseExperimentId(body.experiment_id));
    return {};
  });
  serve(app, "restoreExperiment", { body: byId }, async ({ body }) => {
    await experiments.restore(parseExperimentId(body.experiment_id));
    return {};
  });
  serve(
    app,
    "setExperimentTag",
    { body: z.object({ experiment_id: required, key: required, value: text }) },
    async ({ body: { experiment_id, ...tag } }) => {
      await experiments.setTag(parseExperimentId(experiment_id), tag);
      return {};
    },
  );
  serve(
    app,
    "deleteExperimentTag",
    { body: z.object({ experiment_id: required, key: required }) },
    async ({ body }) => {
      await experiments.deleteTag(parseExperimentId(body.experiment_id), body.key);
      return {};
    },
  );
}
