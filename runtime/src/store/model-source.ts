import { joinPath } from "../domain/artifact-path.ts";
import { artifactFolder, parseSource } from "../domain/artifact-uri.ts";
import { Problem } from "../domain/problem.ts";
import { noVersion } from "./alias-store.ts";
import type { Database } from "./database.ts";
import { noRun } from "./run-tag-store.ts";

/**
 * Finds the folder of the artifact store that a version is made from. The address is looked up now and only its result
 * is kept, so that nothing is resolved again when files are read.
 */
export async function resolveSource(trx: Database, uri: string): Promise<string> {
  const source = parseSource(uri);
  switch (source.kind) {
    case "artifacts":
      return source.path;
    case "run": {
      const run = await trx
        .selectFrom("runs")
        .select("artifact_uri")
        .where("run_id", "=", source.runId)
        .executeTakeFirst();
      if (run === undefined) throw noRun(source.runId);
      return joinPath(artifactFolder(run.artifact_uri), source.path);
    }
    case "logged-model": {
      const model = await trx
        .selectFrom("logged_models")
        .select("artifact_location")
        .where("model_id", "=", source.modelId)
        .where("lifecycle_stage", "=", "active")
        .executeTakeFirst();
      if (model === undefined) {
        throw new Problem("NOT_FOUND", `Logged model with ID '${source.modelId}' not found.`);
      }
      return joinPath(artifactFolder(model.artifact_location), source.path);
    }
    case "version":
      return await folderOfVersion(trx, source.name, source.version);
    case "alias": {
      const alias = await trx
        .selectFrom("model_aliases")
        .select("version")
        .where("name", "=", source.name)
        .where("alias", "=", source.alias)
        .executeTakeFirst();
      if (alias === undefined)
        throw new Problem("NOT_FOUND", `There is no model ${source.name}@${source.alias}.`);
      return await folderOfVersion(trx, source.name, alias.version);
    }
  }
}

async function folderOfVersion(trx: Database, name: string, version: number): Promise<string> {
  const row = await trx
    .selectFrom("model_versions")
    .select("artifact_path")
    .where("name", "=", name)
    .where("version", "=", version)
    .executeTakeFirst();
  if (row === undefined) throw noVersion(name, version);
  return row.artifact_path;
}
