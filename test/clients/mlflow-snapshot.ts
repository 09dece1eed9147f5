import { createHash } from "node:crypto";
import { type Folder, loggedModelFolder, runFolder } from "../../cli/mlflow/folders.ts";
import { readPages } from "../../cli/mlflow/pages.ts";
import { openServer } from "../../cli/mlflow/server.ts";
import { ownTags } from "../../cli/mlflow/source-tags.plan.ts";

/** Which versions a logged model has become: MLflow's server writes it by itself, and its client once more. */
const versionsTag = "mlflow.modelVersions";

/**
 * Everything of an MLflow server without its ids: a run is known by its name, and ids inside of values are replaced by
 * the names of what they belong to. Two servers with the same snapshot hold the same.
 */
export async function takeSnapshot(url: string, token: string | null) {
  const server = openServer(url, token === null ? {} : { authorization: `Bearer ${token}` });
  const read = readPages(server);
  const names = new Map<string, string>();
  const nameless = (text: string) =>
    text.replaceAll(/(m-)?[0-9a-f]{32}/g, (id) => names.get(id) ?? id).replaceAll(/:\/\d+\//g, ":/");
  const sorted = (all: readonly unknown[]) => all.map((one) => nameless(JSON.stringify(one))).sort();
  const experiments: Record<string, unknown> = {};

  for await (const experiment of read.experiments("ACTIVE_ONLY")) {
    const runs: Record<string, unknown> = {};
    const later: (() => void)[] = [];
    for await (const page of read.runs(experiment.experiment_id, "ACTIVE_ONLY")) {
      for (const { info, data, inputs, outputs } of page) {
        const history: Record<string, unknown> = {};
        for (const { key } of data.metrics) {
          const values = [];
          for await (const metrics of read.history(info.run_id, key)) values.push(...metrics);
          history[key] = sorted(values.map(({ value, step, timestamp }) => [value, step, timestamp]));
        }
        const { run_name, user_id, status, start_time, end_time, run_id, artifact_uri } = info;
        names.set(run_id, `run ${run_name}`);
        const files = await hashFiles(runFolder(server, run_id, artifact_uri));
        later.push(() => {
          const rest = { user_id, status, start_time, end_time, history, files };
          const lists = [data.metrics, data.params, ownTags(data.tags)].map((list) => sorted(list));
          const models = [inputs.model_inputs, outputs.model_outputs].map((list) => sorted(list));
          runs[run_name] = { ...rest, lists, datasets: sorted(inputs.dataset_inputs), models };
        });
      }
    }
    const models: Record<string, unknown> = {};
    for await (const page of read.loggedModels(experiment.experiment_id)) {
      for (const { info, data } of page) {
        const { name, model_id, artifact_uri, status, model_type, source_run_id } = info;
        names.set(model_id, `model ${name}`);
        const files = await hashFiles(loggedModelFolder(server, model_id, artifact_uri));
        const tags = ownTags(info.tags).filter(({ key }) => key !== versionsTag);
        const lists = [tags, data.params, data.metrics].map((list) => sorted(list));
        models[name] = { status, model_type, run: nameless(source_run_id), lists, files };
      }
    }
    for (const write of later) write();
    experiments[experiment.name] = { tags: sorted(ownTags(experiment.tags)), runs, models };
  }
  return { experiments, registry: await readRegistry(read, sorted) };
}

async function readRegistry(
  read: ReturnType<typeof readPages>,
  sorted: (all: readonly unknown[]) => readonly string[],
) {
  const registry: Record<string, unknown> = {};
  const isPrompt = "tags.`mlflow.prompt.is_prompt` = 'true'";
  for (const filter of ["", isPrompt]) {
    for await (const { name, description, tags, aliases } of read.registeredModels(filter)) {
      const versions = [];
      const which = `name = "${name}"${filter === "" ? "" : ` AND ${isPrompt}`}`;
      for await (const { version, tags, description, current_stage, run_id, source } of read.versions(
        which,
      )) {
        versions.push({
          version,
          tags: sorted(ownTags(tags)),
          description,
          current_stage,
          run_id,
          source,
        });
      }
      registry[name] = {
        description,
        tags: sorted(ownTags(tags)),
        aliases: sorted(aliases),
        versions: sorted(versions),
      };
    }
  }
  return registry;
}

async function hashFiles(folder: Folder, path = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const file of folder.list(path)) {
    if (file.is_dir) Object.assign(found, await hashFiles(folder, file.path));
    else {
      const hash = createHash("sha256");
      for await (const chunk of await folder.open(file.path)) hash.update(chunk as Buffer);
      found[file.path] = hash.digest("hex");
    }
  }
  return found;
}
