import { randomUUID } from "node:crypto";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { artifactUri, runFolder } from "../domain/artifact-uri.ts";
import type { RunStatus } from "../domain/mlflow-words.ts";
import { Problem } from "../domain/problem.ts";
import { nameRun } from "../domain/run-name.ts";
import { checkTag } from "../domain/tracking-limits.ts";
import { textArray } from "./array-literal.ts";
import type { Database } from "./database.ts";
import { announce, announcement } from "./outbox.ts";
import { parseRun, type Run, type RunInfo, readRuns } from "./run-rows.ts";
import { lockActiveRun, nameTag, noRun, writeRunTags } from "./run-tag-store.ts";
import { lastByKey, type Tag } from "./tags.ts";
import { keepQuota } from "./team-quota.ts";

const userTag = "mlflow.user";
/** Experiments whose locations one process remembers. */
const locationLimit = 1_000;
const ended: readonly string[] = ["FINISHED", "FAILED", "KILLED"];

export interface NewRun {
  readonly experimentId: number;
  readonly name: string;
  readonly userId: string;
  readonly startTime: number | undefined;
  readonly tags: readonly Tag[];
  readonly actor: string;
}

export interface RunChange {
  readonly status?: RunStatus | undefined;
  readonly endTime?: number | undefined;
  readonly name?: string | undefined;
  readonly actor: string;
}

/** Runs and their life. */
export function createRunStore(db: Database, clock: () => number) {
  const locations = rememberLocations(db);

  async function get(runId: string): Promise<Run> {
    const [run] = await readRuns(db, sql`select *, 1 as place from runs where run_id = ${runId}::text`);
    if (run === undefined) throw noRun(runId);
    return parseRun(run);
  }

  async function setLifecycle(runId: string, lifecycle_stage: RunInfo["lifecycle_stage"]): Promise<void> {
    const changed = await db
      .updateTable("runs")
      .set({ lifecycle_stage })
      .where("run_id", "=", runId)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) throw noRun(runId);
  }

  return {
    get,
    delete: (runId: string) => setLifecycle(runId, "deleted"),
    restore: (runId: string) => setLifecycle(runId, "active"),

    async create(run: NewRun): Promise<Run> {
      for (const tag of run.tags) checkTag(tag);
      const runId = randomUUID().replaceAll("-", "");
      const name = chooseName(run, runId);
      const tags = [...run.tags, { key: nameTag, value: name }];
      const now = clock();
      const location = await locations.of(run.experimentId);
      const row = newRow(run, runId, name, location, now);
      const event = {
        type: "dev.bedplate.run.created",
        subject: runId,
        actor: run.actor,
        time: now,
        data: { runId, experimentId: String(run.experimentId) },
      } as const;
      await insertRun(db, row, lastByKey(tags), event);
      return {
        ...row,
        tags: lastByKey(tags),
        params: [],
        metrics: [],
        inputs: [],
        modelInputs: [],
        modelOutputs: [],
      };
    },

    async update(runId: string, change: RunChange): Promise<RunInfo> {
      return await db.transaction().execute(async (trx) => {
        const run = await lockActiveRun(trx, runId);
        const before = await trx
          .selectFrom("runs")
          .selectAll()
          .where("run_id", "=", runId)
          .forUpdate()
          .executeTakeFirst();
        if (before === undefined) throw noRun(runId);
        const after = {
          status: change.status ?? before.status,
          end_time: change.endTime ?? before.end_time,
          name: change.name || before.name,
        };
        await trx.updateTable("runs").set(after).where("run_id", "=", runId).execute();
        if (after.name !== before.name) await writeRunTags(trx, run, [{ key: nameTag, value: after.name }]);
        if (after.status !== before.status && ended.includes(after.status)) {
          const data = { runId, status: after.status };
          await announce(trx, {
            type: "dev.bedplate.run.finished",
            subject: runId,
            actor: change.actor,
            time: clock(),
            data,
          });
        }
        return { ...before, ...after };
      });
    },
  };
}

const newRow = (run: NewRun, runId: string, name: string, location: string, now: number): RunInfo => ({
  run_id: runId,
  experiment_id: run.experimentId,
  name,
  user_id: run.userId || (run.tags.find((tag) => tag.key === userTag)?.value ?? ""),
  status: "RUNNING",
  start_time: run.startTime ?? now,
  end_time: null,
  lifecycle_stage: "active",
  artifact_uri: artifactUri(runFolder(location, runId)),
});

type RunCreated = Parameters<typeof announcement<"dev.bedplate.run.created">>[0];

/**
 * Writes a run, its tags and its event in one statement, unless its experiment takes no runs. A team with a quota of
 * runs is counted in the same transaction.
 */
async function insertRun(db: Database, row: RunInfo, tags: readonly Tag[], event: RunCreated): Promise<void> {
  if ((await writeRun(db, row, tags, event, sql`not jsonb_exists(quotas, 'runs')`)) !== null) return;
  await db.transaction().execute(async (trx) => {
    const team = await writeRun(trx, row, tags, event, sql`true`);
    if (team === null) await activeExperiment(trx, row.experiment_id);
    else await keepQuota(trx, "runs", team);
  });
}

/** The team whose run it is; null where nothing was written. */
async function writeRun(
  db: Database,
  row: RunInfo,
  tags: readonly Tag[],
  event: RunCreated,
  mayTeam: RawBuilder<SqlBool>,
): Promise<string | null> {
  const { rows } = await sql<{ team: string }>`
    with experiment as materialized (
      select experiment_id, team from experiments join teams on teams.name = team
      where experiment_id = ${row.experiment_id}::bigint and lifecycle_stage = 'active' and ${mayTeam}
    ),
    run as (
      insert into runs
        (run_id, experiment_id, name, user_id, status, start_time, lifecycle_stage, artifact_uri)
      select ${row.run_id}::text, experiment_id, ${row.name}::text, ${row.user_id}::text, ${row.status}::text,
        ${row.start_time}::bigint, ${row.lifecycle_stage}::text, ${row.artifact_uri}::text
      from experiment returning run_id, experiment_id
    ),
    tags as (
      insert into run_tags (run_id, experiment_id, key, value)
      select run_id, experiment_id, key, value from run cross join unnest(
        ${textArray(tags.map(({ key }) => key))}::text[], ${textArray(tags.map(({ value }) => value))}::text[]
      ) as t(key, value)
    ),
    event as (${announcement(event, sql`run`)})
    select team from experiment`.execute(db);
  return rows[0]?.team ?? null;
}

/** Where experiments keep their artifacts. That never changes, so it is read once; the oldest is forgotten at the limit. */
function rememberLocations(db: Database) {
  const known = new Map<number, string>();
  return {
    async of(experimentId: number): Promise<string> {
      const location = known.get(experimentId) ?? (await activeExperiment(db, experimentId));
      const [oldest] = known.keys();
      if (known.size >= locationLimit && oldest !== undefined) known.delete(oldest);
      known.set(experimentId, location);
      return location;
    },
  };
}

/** The artifact location of an experiment that takes runs. */
export async function activeExperiment(trx: Database, experimentId: number): Promise<string> {
  const experiment = await trx
    .selectFrom("experiments")
    .select(["artifact_location", "lifecycle_stage"])
    .where("experiment_id", "=", experimentId)
    .executeTakeFirst();
  if (experiment === undefined)
    throw new Problem("NOT_FOUND", `No Experiment with id=${experimentId} exists`);
  if (experiment.lifecycle_stage !== "active") {
    throw new Problem(
      "INVALID_REQUEST",
      `The experiment ${experimentId} must be in the 'active' state. Current state is ${experiment.lifecycle_stage}.`,
    );
  }
  return experiment.artifact_location;
}

function chooseName(run: NewRun, runId: string): string {
  const tagged = run.tags.find((tag) => tag.key === nameTag)?.value ?? "";
  if (run.name !== "" && tagged !== "" && run.name !== tagged) {
    throw new Problem(
      "INVALID_REQUEST",
      `Both 'run_name' and the tag '${nameTag}' were given, with different values: '${run.name}' and '${tagged}'. Give one.`,
    );
  }
  const name = run.name || tagged || nameRun(runId);
  checkTag({ key: nameTag, value: name });
  return name;
}
