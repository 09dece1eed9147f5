import { z } from "zod";
import { type CopyContext, createCrew, TooManyFailures } from "./context.ts";
import { createLoggedModelCopier } from "./logged-models.ts";
import { readPages } from "./pages.ts";
import { createRegistryCopier } from "./registry.ts";
import { type CopyReport, createReport } from "./report.ts";
import { createRunCopier } from "./runs.ts";
import { Refusal, type Server } from "./server.ts";
import { missingTags, ownTags, sourceTags } from "./source-tags.plan.ts";
import { createVersionCopier } from "./versions.ts";
import * as words from "./words.ts";

const oneExperiment = z.object({ experiment: words.experiment });
const newExperiment = z.object({ experiment_id: z.string() });
const nothing = z.object({});
const promptFilter = "tags.`mlflow.prompt.is_prompt` = 'true'";
/** Registered models that are held at once. */
const modelsAtOnce = 50;

interface CopyOptions {
  readonly dryRun: boolean;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Says what is under way. */
  readonly tell: (text: string) => void;
}

/**
 * Copies everything of one MLflow server to another: experiments, runs, logged models, files, registered models. What is
 * there already stays as it is, so that a copy that broke off is taken up again; nothing is ever removed. Throws an
 * `Error` when a server does not answer or refuses the credentials; what else fails stands in the report.
 */
export async function copyServer(from: Server, to: Server, options: CopyOptions): Promise<CopyReport> {
  const { dryRun, concurrency, signal, tell } = options;
  const report = createReport({ from: from.address, to: to.address, dryRun });
  const sides = { from, to, read: readPages(from), there: readPages(to) };
  const takesLoggedModels = await knowsLoggedModels(to);
  const given = { dryRun, concurrency, signal, takesLoggedModels };
  const context: CopyContext = { ...sides, ...given, report, experiments: new Map() };
  const progress = (text: string) => tell(`${text}; ${report.sum()}`);
  try {
    await copyExperiments(context);
    const runs = createRunCopier(context);
    const models = createLoggedModelCopier(context, runs);
    await copyRuns(context, runs, models, progress);
    await copyRegistry(context, createVersionCopier(context, { runs, models, dryRun }), progress);
  } catch (error) {
    if (!(error instanceof TooManyFailures)) throw error;
    report.fail("the rest", error.message);
  }
  report.skip("traces, webhooks, permissions", "they are not copied");
  return report.read();
}

/** Finds or makes each experiment, by its name. */
async function copyExperiments(context: CopyContext): Promise<void> {
  const { to, read, report, dryRun, experiments } = context;
  for await (const { experiment_id, name, tags } of read.experiments("ACTIVE_ONLY")) {
    context.signal.throwIfAborted();
    const found = await findExperiment(to, name);
    const wanted = ownTags(tags);
    if (found === null) {
      const mark = { key: sourceTags.experiment, value: experiment_id };
      const body = { name, tags: [...wanted, mark] };
      const made = dryRun
        ? null
        : await to.call(newExperiment, "POST", "experiments/create", { body, again: false });
      experiments.set(experiment_id, made?.experiment_id ?? null);
      report.count("experiments", "made");
    } else if (found.lifecycle_stage === "deleted") {
      report.skip(`experiment ${name}`, "an experiment of this name was deleted there");
    } else {
      const missing = missingTags(wanted, found.tags);
      for (const tag of dryRun ? [] : missing)
        await to.call(nothing, "POST", "experiments/set-experiment-tag", {
          body: { experiment_id: found.experiment_id, ...tag },
        });
      experiments.set(experiment_id, found.experiment_id);
      report.count("experiments", missing.length === 0 ? "there" : "changed");
    }
  }
  for await (const { name } of read.experiments("DELETED_ONLY"))
    report.skip(`experiment ${name}`, "it is deleted");
}

async function findExperiment(to: Server, name: string): Promise<words.Experiment | null> {
  const query = { experiment_name: name };
  try {
    return (await to.call(oneExperiment, "GET", "experiments/get-by-name", { query })).experiment;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}

async function copyRuns(
  context: CopyContext,
  runs: ReturnType<typeof createRunCopier>,
  models: ReturnType<typeof createLoggedModelCopier>,
  progress: (text: string) => void,
): Promise<void> {
  const { read, report, experiments } = context;
  const crew = createCrew(context);
  let at = 0;
  for (const id of experiments.keys()) {
    at += 1;
    const text = `experiment ${at} of ${experiments.size}`;
    for await (const page of read.runs(id, "ACTIVE_ONLY")) {
      await crew(
        page,
        ({ info }) => `run ${info.run_id}`,
        async (run) => {
          progress(text);
          await runs.copy(run, models.link);
        },
      );
    }
    for await (const page of read.runs(id, "DELETED_ONLY"))
      for (const { info } of page) report.skip(`run ${info.run_id}`, "it is deleted");
    for await (const page of pagesOrNone(read.loggedModels(id))) {
      await crew(
        page,
        ({ info }) => `logged model ${info.model_id}`,
        async (model) => {
          progress(text);
          await models.copy(model);
        },
      );
    }
  }
}

/** Servers before 3.0 have no logged models. */
async function knowsLoggedModels(server: Server): Promise<boolean> {
  for await (const _ of pagesOrNone(readPages(server).loggedModels("0"))) return true;
  return false;
}

async function* pagesOrNone<T>(pages: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* pages;
  } catch (error) {
    if (!(error instanceof Refusal) || (error.status !== 404 && error.code !== "ENDPOINT_NOT_FOUND"))
      throw error;
  }
}

async function copyRegistry(
  context: CopyContext,
  versions: ReturnType<typeof createVersionCopier>,
  progress: (text: string) => void,
): Promise<void> {
  const registry = createRegistryCopier(context, versions);
  const crew = createCrew(context);
  const later: words.RegisteredModel[] = [];
  const copyAll = (models: readonly words.RegisteredModel[], last: boolean) =>
    crew(
      models,
      ({ name }) => `registered model ${name}`,
      async (model) => {
        progress(`registered model ${model.name}`);
        if (await registry.copy(model, last)) later.push(model);
      },
    );
  for (const filter of ["", promptFilter]) {
    let waiting: words.RegisteredModel[] = [];
    for await (const model of context.read.registeredModels(filter)) {
      waiting.push(model);
      if (waiting.length < modelsAtOnce) continue;
      await copyAll(waiting, false);
      waiting = [];
    }
    await copyAll(waiting, false);
  }
  await copyAll(later.splice(0), true);
}
