import type { LoggedModelCopier } from "./logged-models.ts";
import { below, ownerOfSource } from "./model-source.plan.ts";
import type { RunCopier } from "./runs.ts";
import type { ModelVersion } from "./words.ts";

/** Who knows the copies of runs and logged models. */
export interface Copiers {
  readonly runs: Pick<RunCopier, "copyOf">;
  readonly models: Pick<LoggedModelCopier, "copyOf">;
  readonly dryRun: boolean;
}

/** Where a version's files are, in the words of `model-versions/create`. */
export interface Located {
  readonly source: string;
  readonly run_id?: string;
  readonly model_id?: string;
}

/** Where a version's files are on the other side; a text says why that cannot be known. */
export async function locateVersion(
  { runs, models, dryRun }: Copiers,
  source: ModelVersion,
  numbers: ReadonlyMap<string, string>,
): Promise<Located | string> {
  const owner = ownerOfSource(source.source);
  const run = source.run_id === "" ? null : await runs.copyOf(source.run_id);
  const model = source.model_id === "" ? null : await models.copyOf(source.model_id);
  const rest = {
    ...(run === null ? {} : { run_id: run.info.run_id }),
    ...(model === null ? {} : { model_id: model.info.model_id }),
  };
  const gone = `its ${owner.kind === "run" ? "run" : "logged model"} is not there`;
  switch (owner.kind) {
    case "prompt":
      return { ...rest, source: source.source };
    case "elsewhere":
      return `its files are at ${source.source.slice(0, 200)}, which the server does not hold`;
    case "version": {
      const number = owner.name === source.name ? numbers.get(owner.version) : owner.version;
      if (number === undefined) return `version ${owner.version}, of which it is a copy, is not copied`;
      return { ...rest, source: `models:/${owner.name}/${number}` };
    }
    case "run": {
      const copy = owner.id === source.run_id ? run : await runs.copyOf(owner.id);
      if (copy === null) return dryRun ? { ...rest, source: "" } : gone;
      const { run_id, artifact_uri } = copy.info;
      return {
        ...rest,
        run_id,
        source: below(owner.byScheme ? `runs:/${run_id}` : artifact_uri, owner.path),
      };
    }
    case "loggedModel": {
      const copy = owner.id === source.model_id ? model : await models.copyOf(owner.id);
      if (copy === null) return dryRun ? { ...rest, source: "" } : gone;
      const { model_id, artifact_uri } = copy.info;
      return {
        ...rest,
        model_id,
        source: below(owner.byScheme ? `models:/${model_id}` : artifact_uri, owner.path),
      };
    }
  }
}
