import { type RawBuilder, sql } from "kysely";
import { type ArtifactKeeper, keeperOfPath } from "../domain/artifact-keeper.ts";
import type { Identity } from "../domain/identity.ts";
import type { NamedThing } from "../domain/named-things.ts";
import { Problem } from "../domain/problem.ts";
import type { Database } from "./database.ts";
import { missingLoggedModel } from "./logged-model-store.ts";
import type { RecentSights } from "./recent-sights.ts";
import { noModel } from "./registry-summary.ts";
import { noRun } from "./run-tag-store.ts";
import { noTrace } from "./trace-store.ts";
import { absent as noJob } from "./training-rows.ts";
import { noWebhook } from "./webhook-rows.ts";

type Kind = NamedThing["kind"];
type StoredKind = Exclude<Kind, "artifact"> | ArtifactKeeper["kind"];

/** Keeps teams apart: before a handler runs, whatever its request names is looked up with the team that it belongs to. */
export function createTeamGuard(db: Database, servingAlias: string, sights: RecentSights) {
  return {
    /** Whether a model is known to be one that who calls may ask for predictions; where it is not, `require` tells. */
    mayAsk: ({ team }: Pick<Identity, "team">, model: string): boolean =>
      team === null || sights.has(team, model),

    /**
     * Throws NOT_FOUND when one of the things is not there or the caller's team may not see it, in the same words, and
     * FORBIDDEN when the request changes one of another team. Who sees every team is let through. Served models that are
     * only read are not looked up again for a moment.
     */
    async require(identity: Pick<Identity, "team">, named: readonly NamedThing[]): Promise<void> {
      const own = identity.team;
      if (own === null) return;
      const things = named.filter((thing) => !isSight(thing) || !sights.has(own, thing.id));
      if (things.length === 0) return;
      const owners = await ownersOf(db, things);
      for (const thing of things) {
        const owner = owners(thing);
        if (owner === undefined && thing.mayBeAbsent) continue;
        if (owner === undefined || (owner.team !== own && !owner.open)) throw absent(thing, servingAlias);
        if (owner.team !== own && thing.changes) {
          throw new Problem(
            "FORBIDDEN",
            `The ${words[thing.kind]} "${thing.id.slice(0, 200)}" belongs to the team "${owner.team}", which lets others read only.`,
          );
        }
        if (isSight(thing)) sights.keep(own, thing.id);
      }
    },
  };
}

const isSight = ({ kind, changes }: NamedThing) => kind === "served-model" && !changes;

export type TeamGuard = ReturnType<typeof createTeamGuard>;

interface Owner {
  /** Null for what is the whole platform's. */
  readonly team: string | null;
  /** Whether everybody may read what the team has. */
  readonly open: boolean;
}

const nobody: Owner = { team: null, open: false };

const words: Readonly<Record<Kind, string>> = {
  model: "registered model",
  "served-model": "registered model",
  experiment: "experiment",
  "experiment-name": "experiment",
  run: "run",
  "logged-model": "logged model",
  trace: "trace",
  artifact: "artifact",
  job: "training job",
  webhook: "webhook",
  team: "team",
};

/** The same words as the handlers have for what is not there, so that nobody learns that it is. */
function absent({ kind, id }: NamedThing, servingAlias: string): Problem {
  switch (kind) {
    case "model":
      return noModel(id);
    case "served-model":
      return new Problem(
        "MODEL_NOT_SERVED",
        `No version of "${id}" has the alias "${servingAlias}"; promote one.`,
      );
    case "experiment":
      return new Problem("NOT_FOUND", `No Experiment with id=${id} exists`);
    case "experiment-name":
      return new Problem("NOT_FOUND", `Could not find experiment with name '${id.slice(0, 200)}'`);
    case "run":
      return noRun(id);
    case "logged-model":
      return missingLoggedModel(id);
    case "trace":
      return noTrace(id);
    case "artifact":
      return new Problem("NOT_FOUND", `There is no artifact "${id}".`);
    case "job":
      return noJob(id);
    case "webhook":
      return noWebhook(id);
    case "team":
      return new Problem("NOT_FOUND", `There is no team "${id.slice(0, 100)}".`);
  }
}

/** Ids and teams of the things of a kind that are there; the ids come in as one list. */
const lookups: Readonly<Record<StoredKind, (ids: RawBuilder<unknown>) => RawBuilder<unknown>>> = {
  model: (ids) => sql`select name as id, team from registered_models where name = any(${ids})`,
  "served-model": (ids) => sql`select name as id, team from registered_models where name = any(${ids})`,
  "model-history": (ids) =>
    sql`select history_id::text as id, team from registered_models where history_id = any(${ids}::uuid[])`,
  experiment: (ids) =>
    sql`select experiment_id::text as id, team from experiments where experiment_id = any(${ids}::bigint[])`,
  "experiment-name": (ids) => sql`select name as id, team from experiments where name = any(${ids})`,
  run: (ids) =>
    sql`select r.run_id as id, e.team from runs r join experiments e using (experiment_id) where r.run_id = any(${ids})`,
  "logged-model": (ids) =>
    sql`select m.model_id as id, e.team from logged_models m join experiments e using (experiment_id)
      where m.model_id = any(${ids})`,
  trace: (ids) =>
    sql`select t.trace_id as id, e.team from traces t join experiments e using (experiment_id)
      where t.trace_id = any(${ids})`,
  job: (ids) => sql`select id, team from training_jobs where id = any(${ids})`,
  webhook: (ids) => sql`select webhook_id as id, team from webhooks where webhook_id = any(${ids})`,
  team: (ids) => sql`select name as id, name as team from teams where name = any(${ids})`,
};

/** One query for all of them, however many they are. */
async function ownersOf(db: Database, things: readonly NamedThing[]) {
  const keepers = things.map((thing) => keeperOf(thing));
  const ids = new Map<StoredKind, Set<string>>();
  for (const keeper of keepers) {
    if (keeper !== null) ids.set(keeper.kind, (ids.get(keeper.kind) ?? new Set()).add(keeper.id));
  }
  if (ids.size === 0) return () => nobody;
  const parts = [...ids].map(
    ([kind, named]) => sql`select ${kind}::text as kind, x.id, x.team
      from (${lookups[kind](sql`${[...named]}::text[]`)}) as x`,
  );
  const { rows } = await sql<{ kind: string; id: string; team: string | null; open: boolean }>`
    select found.kind, found.id, found.team, coalesce(t.visibility = 'internal', false) as open
    from (${sql.join(parts, sql` union all `)}) as found left join teams t on t.name = found.team`.execute(
    db,
  );
  const known = new Map(rows.map(({ kind, id, ...owner }) => [`${kind}:${id}`, owner]));
  return (thing: NamedThing): Owner | undefined => {
    const keeper = keeperOf(thing);
    if (keeper === null) return nobody;
    const owner = known.get(`${keeper.kind}:${keeper.id}`);
    // Nobody may put files where a later experiment or team will find them.
    return thing.kind === "artifact" ? (owner ?? nobody) : owner;
  };
}

const keeperOf = ({ kind, id }: NamedThing) => (kind === "artifact" ? keeperOfPath(id) : { kind, id });
