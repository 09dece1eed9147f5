import { defaultTeam, type QuotaName } from "@bedplate/contract";
import { type RawBuilder, sql } from "kysely";
import { type ArtifactKeeper, keeperOfPath } from "../domain/artifact-keeper.ts";
import { Problem } from "../domain/problem.ts";
import type { Database } from "./database.ts";

const words: Readonly<Record<QuotaName, string>> = {
  registeredModels: "registered models",
  modelVersions: "model versions",
  experiments: "experiments",
  runs: "runs",
  artifactBytes: "bytes of artifacts",
  webhooks: "webhooks",
  waitingJobs: "waiting training jobs",
};

/** Content and size of every file of a team, as `keeperOfPath` says of each; equal files are one. */
const artifactsOf = (team: string) => {
  const below = (folder: RawBuilder<unknown>) =>
    sql`select digest, size from artifacts where path >= ${folder} || '/' and path < ${folder} || '0'`;
  const other = sql`path ~ '^([0-9]{1,15}|teams|model-versions)/'`;
  const rest = sql`union select digest, size from artifacts where not ${other}`;
  return sql`select a.* from experiments e cross join lateral (${below(sql`e.experiment_id`)}) as a
      where e.team = ${team}
    union select a.* from registered_models m
      cross join lateral (${below(sql`('model-versions/' || m.history_id)`)}) as a where m.team = ${team}
    union ${below(sql`${`teams/${team}`}::text`)} ${team === defaultTeam ? rest : sql``}`;
};

/** How much a team has, as a query for one number. */
export const usages: Readonly<Record<QuotaName, (team: string) => RawBuilder<unknown>>> = {
  registeredModels: (team) => sql`select count(*) from registered_models where team = ${team}`,
  modelVersions: (team) =>
    sql`select count(*) from model_versions v join registered_models m on m.name = v.name where m.team = ${team}`,
  experiments: (team) => sql`select count(*) from experiments where team = ${team}`,
  runs: (team) =>
    sql`select count(*) from runs r join experiments e on e.experiment_id = r.experiment_id where e.team = ${team}`,
  artifactBytes: (team) => sql`select coalesce(sum(size), 0) from (${artifactsOf(team)}) as files`,
  webhooks: (team) => sql`select count(*) from webhooks where team = ${team}`,
  waitingJobs: (team) => sql`select count(*) from training_jobs where team = ${team} and state = 'queued'`,
};

/**
 * Throws QUOTA_EXCEEDED when a team has more than its quota by now; call it in the transaction that added something.
 * Only a team with that quota is locked, so that two who add at once cannot both believe to be the last.
 */
export async function keepQuota(trx: Database, quota: QuotaName, team: string): Promise<void> {
  const mine = trx.selectFrom("teams").select("quotas").where("name", "=", team);
  if (typeof (await mine.executeTakeFirst())?.quotas[quota] !== "number") return;
  const limit = (await mine.forNoKeyUpdate().executeTakeFirst())?.quotas[quota];
  if (typeof limit !== "number") return;
  const { rows } = await sql<{ used: number | string }>`select (${usages[quota](team)}) as used`.execute(trx);
  const used = Number(rows[0]?.used ?? 0);
  if (used <= limit) return;
  throw new Problem(
    "QUOTA_EXCEEDED",
    `With this the team "${team}" would have ${used} ${words[quota]}, and its quota "${quota}" is ${limit}. Delete some, or ask an administrator for more.`,
  );
}

const owners: Readonly<Record<ArtifactKeeper["kind"], (id: string) => RawBuilder<unknown>>> = {
  team: (name) => sql`${name}::text`,
  experiment: (id) => sql`(select team from experiments where experiment_id = ${id}::bigint)`,
  "model-history": (id) => sql`(select team from registered_models where history_id = ${id}::uuid)`,
};

/** The same for the bytes of the team that a path belongs to. */
export async function keepArtifactQuota(trx: Database, path: string): Promise<void> {
  const keeper = keeperOfPath(path);
  if (keeper === null) return;
  const team = owners[keeper.kind](keeper.id);
  const { rows } = await sql<{ name: string }>`
    select name from teams where name = ${team} and jsonb_exists(quotas, 'artifactBytes')`.execute(trx);
  for (const { name } of rows) await keepQuota(trx, "artifactBytes", name);
}
