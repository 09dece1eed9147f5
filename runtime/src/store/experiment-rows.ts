import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";
import { groupTags, type Tag } from "./tags.ts";

export interface Experiment extends Omit<Tables["experiments"], "experiment_id" | "team"> {
  readonly experiment_id: number;
  readonly tags: readonly Tag[];
}

/** What callers see of an experiment; MLflow knows nothing of teams. */
export const experimentColumns = [
  "experiment_id",
  "name",
  "artifact_location",
  "lifecycle_stage",
  "creation_time",
  "last_update_time",
] as const;

/** Fetches the tags of experiments, in one query however many there are. */
export async function loadExperiments(
  db: Database,
  rows: readonly Omit<Experiment, "tags">[],
): Promise<readonly Experiment[]> {
  const ids = rows.map((row) => row.experiment_id);
  if (ids.length === 0) return [];
  const tags = await db
    .selectFrom("experiment_tags")
    .selectAll()
    .where("experiment_id", "in", ids)
    .orderBy("key")
    .execute();
  const byId = groupTags(tags, (tag) => tag.experiment_id);
  return rows.map((row) => ({ ...row, tags: byId.get(row.experiment_id) ?? [] }));
}
