import type { Rollout, RolloutChange } from "@bedplate/contract";
import { type SqlBool, sql } from "kysely";
import { candidatesOf } from "../domain/rollout-plan.ts";
import type { Database } from "./database.ts";
import { changeOf, noRollout, rolloutOf } from "./rollout-rows.ts";
import { isModelSeen, type Sight } from "./team-sight.ts";

export interface RolloutAddress {
  readonly model: string;
  readonly id: string;
}

interface Page {
  readonly before?: number | undefined;
  readonly limit: number;
}

/** One rollout. Throws NOT_FOUND, also where it is another model's. */
export async function getRollout(db: Database, { model, id }: RolloutAddress): Promise<Rollout> {
  const query = db.selectFrom("rollouts").selectAll().where("id", "=", id);
  const row = await query.where("model", "=", model).executeTakeFirst();
  if (row === undefined) throw noRollout(model, id);
  return rolloutOf(row);
}

/** What is known of rollouts, in pages. */
export function createRolloutReads(db: Database, environment: string) {
  return {
    /** Rollouts of a model, newest first. */
    async list(model: string, page: Page) {
      let query = db.selectFrom("rollouts").selectAll().where("model", "=", model);
      if (page.before !== undefined) query = query.where("sequence", "<", page.before);
      const rows = await query
        .orderBy("sequence", "desc")
        .limit(page.limit + 1)
        .execute();
      const shown = rows.slice(0, page.limit);
      const next = rows.length > page.limit ? (shown.at(-1)?.sequence ?? null) : null;
      return { rollouts: shown.map(rolloutOf), next };
    },

    /** Every change of a rollout, newest first. */
    async history(of: RolloutAddress, page: Page) {
      await getRollout(db, of);
      let query = db.selectFrom("rollout_changes").selectAll().where("rollout_id", "=", of.id);
      if (page.before !== undefined) query = query.where("sequence", "<", page.before);
      const rows = await query
        .orderBy("sequence", "desc")
        .limit(page.limit + 1)
        .execute();
      const changes: RolloutChange[] = rows.slice(0, page.limit).map(changeOf);
      return { changes, next: rows.length > page.limit ? (changes.at(-1)?.sequence ?? null) : null };
    },

    /** Those that are under way here, with where the files of their versions lie. */
    async activeWithFiles() {
      const rollouts = await readActive(db, environment, null);
      const wanted = rollouts.flatMap(({ model, spec, baseline }) =>
        [baseline, ...candidatesOf(spec)].map((version) => sql`(${model}::text, ${version}::integer)`),
      );
      if (wanted.length === 0) return [];
      const addresses = await db
        .selectFrom("model_versions")
        .select(["name as model", "version", "artifact_path as artifactPath"])
        .where(sql<SqlBool>`(name, version) in (${sql.join(wanted)})`)
        .execute();
      return rollouts.map((rollout) => ({
        rollout,
        addresses: addresses.filter(({ model }) => model === rollout.model),
      }));
    },

    /** Those that are under way here, newest first. */
    async active(sight: Sight = null): Promise<readonly Rollout[]> {
      return await readActive(db, environment, sight);
    },
  };
}

async function readActive(db: Database, environment: string, sight: Sight): Promise<readonly Rollout[]> {
  const rows = await db
    .selectFrom("rollouts")
    .selectAll()
    .where("ended_at", "is", null)
    .where("environment", "=", environment)
    .where(isModelSeen(sight, "model"))
    .orderBy("sequence", "desc")
    .execute();
  return rows.map(rolloutOf);
}
