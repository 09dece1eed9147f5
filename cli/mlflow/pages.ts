import { z } from "zod";
import type { Server } from "./server.ts";
import * as words from "./words.ts";

const next = { next_page_token: z.string().optional() };
const experimentPage = z.object({ experiments: z.array(words.experiment).default([]), ...next });
const runPage = z.object({ runs: z.array(words.run).default([]), ...next });
const historyPage = z.object({ metrics: z.array(words.metric).default([]), ...next });
const modelPage = z.object({ models: z.array(words.loggedModel).default([]), ...next });
const registeredPage = z.object({ registered_models: z.array(words.registeredModel).default([]), ...next });
const versionPage = z.object({ model_versions: z.array(words.modelVersion).default([]), ...next });
const filePage = z.object({ files: z.array(words.file).default([]), ...next });

const runsInPage = 100;
const metricsInPage = 10_000;
const thingsInPage = 100;

/** Pages of a list, one after the other; only one is held at a time. */
async function* follow<P extends { readonly next_page_token?: string | undefined }>(
  ask: (token: string | undefined) => Promise<P>,
): AsyncGenerator<P> {
  let token: string | undefined;
  do {
    const page = await ask(token);
    yield page;
    token = page.next_page_token || undefined;
  } while (token !== undefined);
}

/** Everything of one server that is copied, page by page. */
export function readPages({ call }: Pick<Server, "call">) {
  return {
    async *experiments(view: "ACTIVE_ONLY" | "DELETED_ONLY") {
      const ask = (page_token: string | undefined) =>
        call(experimentPage, "POST", "experiments/search", {
          body: { view_type: view, max_results: thingsInPage, order_by: ["creation_time ASC"], page_token },
        });
      for await (const { experiments } of follow(ask)) yield* experiments;
    },
    /** Pages of an experiment's runs, oldest first. */
    async *runs(experimentId: string, view: "ACTIVE_ONLY" | "DELETED_ONLY", filter = "") {
      const asked = { experiment_ids: [experimentId], run_view_type: view, max_results: runsInPage, filter };
      const order_by = ["attributes.start_time ASC"];
      for await (const { runs } of follow((page_token) =>
        call(runPage, "POST", "runs/search", { body: { ...asked, order_by, page_token } }),
      )) {
        yield runs;
      }
    },
    /** Pages of all values of a metric. */
    async *history(run_id: string, metric_key: string) {
      const query = { run_id, metric_key, max_results: metricsInPage };
      for await (const { metrics } of follow((page_token) =>
        call(historyPage, "GET", "metrics/get-history", { query: { ...query, page_token } }),
      )) {
        yield metrics;
      }
    },
    /** Pages of an experiment's logged models. */
    async *loggedModels(experimentId: string, filter = "") {
      const asked = { experiment_ids: [experimentId], max_results: thingsInPage, filter };
      for await (const { models } of follow((page_token) =>
        call(modelPage, "POST", "logged-models/search", { body: { ...asked, page_token } }),
      )) {
        yield models;
      }
    },
    async *registeredModels(filter = "") {
      for await (const { registered_models } of follow((page_token) =>
        call(registeredPage, "GET", "registered-models/search", {
          query: { max_results: thingsInPage, filter: filter === "" ? undefined : filter, page_token },
        }),
      )) {
        yield* registered_models;
      }
    },
    async *versions(filter: string) {
      for await (const { model_versions } of follow((page_token) =>
        call(versionPage, "GET", "model-versions/search", { query: { filter, page_token } }),
      )) {
        yield* model_versions;
      }
    },
    /** What is in one folder: of a run, or of a logged model. */
    async *folder(address: string, query: Readonly<Record<string, string>>) {
      for await (const { files } of follow((page_token) =>
        call(filePage, "GET", address, { query: { ...query, page_token } }),
      )) {
        yield* files;
      }
    },
  };
}
