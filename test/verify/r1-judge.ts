import { createHash } from "node:crypto";
import { verifyAudit } from "@bedplate/contract";
import { sql } from "kysely";
import { createAuditLog } from "../../runtime/src/store/audit-log.ts";
import type { Database } from "../../runtime/src/store/database.ts";
import { type Acknowledged, batchSize, tags } from "./r1-writers.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const pageSize = 1_000;

/** All that contradicts what was acknowledged or is half there, a sentence each. */
export async function judgeKills(db: Database, acknowledged: Acknowledged): Promise<readonly string[]> {
  return [
    ...(await judgeThings(db, acknowledged)),
    ...(await judgeBatches(db, acknowledged)),
    ...(await judgePromotions(db, acknowledged)),
    ...(await judgeAnnouncements(db)),
    ...(await judgeAudit(db)),
  ];
}

const missing = (what: string, wanted: readonly string[], found: ReadonlySet<string>) =>
  wanted.filter((one) => !found.has(one)).map((one) => `the ${what} ${one} was acknowledged and is lost`);

/** Models, versions and runs; models and versions come with all their tags. */
async function judgeThings(db: Database, { models, versions, runs }: Acknowledged): Promise<string[]> {
  const names = async (query: ReturnType<typeof sql<{ name: string }>>) =>
    new Set((await query.execute(db)).rows.map(({ name }) => name));
  const { rows: half } = await sql<{ name: string; n: number }>`
    select 'model ' || m.name as name, count(t.key)::integer as n
      from registered_models m left join registered_model_tags t on t.name = m.name
      group by m.name having count(t.key) <> ${tags.length}::integer
    union all select 'version ' || v.description, count(t.key)::integer
      from model_versions v left join model_version_tags t on t.name = v.name and t.version = v.version
      group by v.name, v.version, v.description having count(t.key) <> ${tags.length}::integer`.execute(db);
  return [
    ...missing("model", models, await names(sql`select name from registered_models`)),
    ...missing("version", versions, await names(sql`select description as name from model_versions`)),
    ...missing("run", runs, await names(sql`select run_id as name from runs`)),
    ...half.map(({ name, n }) => `the ${name} is half made: it has ${n} of ${tags.length} tags`),
  ];
}

/** Of each batch all metrics with their latest values and the parameter, or nothing. */
async function judgeBatches(db: Database, { batches }: Acknowledged): Promise<string[]> {
  const { rows } = await sql<{ batch: string; metrics: number; latest: number; params: number }>`
    select batch, sum(metrics)::integer as metrics, sum(latest)::integer as latest, sum(params)::integer as params
    from (
      select run_id || ' ' || split_part(key, '/', 1) as batch, 1 as metrics, 0 as latest, 0 as params from run_metrics
      union all select run_id || ' ' || split_part(key, '/', 1), 0, 1, 0 from run_latest_metrics
      union all select run_id || ' ' || key, 0, 0, 1 from run_params
    ) as parts group by batch`.execute(db);
  const whole = rows.filter(
    ({ metrics, latest, params }) => metrics === batchSize && latest === batchSize && params === 1,
  );
  const names = batches.map(({ runId, name }) => `${runId} ${name}`);
  return [
    ...missing("batch", names, new Set(rows.map(({ batch }) => batch))),
    ...rows
      .filter((row) => !whole.includes(row))
      .map(({ batch, metrics, latest, params }) => {
        return `the batch ${batch} is half made: ${metrics} metrics, ${latest} latest values, ${params} parameters`;
      }),
  ];
}

/** Every history goes on from where it was, holds what was acknowledged in that order, and ends at the champion. */
async function judgePromotions(db: Database, { promotions }: Acknowledged): Promise<string[]> {
  const problems: string[] = [];
  const steps = await db
    .selectFrom("registry_history")
    .select(["model", "from_version as from", "to_version as to"])
    .where("kind", "=", "alias")
    .orderBy("sequence")
    .execute();
  const histories = Map.groupBy(steps, ({ model }) => model);
  const champions = new Map(
    (await db.selectFrom("model_aliases").select(["name", "version"]).execute()).map((row) => [
      row.name,
      row.version,
    ]),
  );
  for (const model of new Set([...histories.keys(), ...champions.keys(), ...promotions.keys()])) {
    const history = histories.get(model) ?? [];
    let champion: number | null = null;
    for (const { from, to } of history) {
      if (from !== champion) problems.push(`the history of ${model} goes from ${champion} on with ${from}`);
      champion = to;
    }
    if ((champions.get(model) ?? null) !== champion) {
      problems.push(`the champion of ${model} is ${champions.get(model)}; by its history it is ${champion}`);
    }
    let at = 0;
    for (const version of promotions.get(model) ?? []) {
      at = history.findIndex(({ to }, place) => place >= at && to === version) + 1;
      if (at > 0) continue;
      problems.push(`a promotion of ${model} to ${version} was acknowledged and is lost`);
      break;
    }
  }
  return problems;
}

/** Each change has one event and one entry in the audit log, and nothing that did not happen has any. */
async function judgeAnnouncements(db: Database): Promise<string[]> {
  const { rows } = await sql<{
    type: string;
    subject: string;
    made: number;
    events: number;
    entries: number;
  }>`
    select type, subject, sum(made)::integer as made, sum(events)::integer as events, sum(entries)::integer as entries
    from (
      select 'dev.bedplate.model.registered' as type, name as subject, 1 as made, 0 as events, 0 as entries
        from registered_models
      union all select 'dev.bedplate.model-version.created', name, 1, 0, 0 from model_versions
      union all select 'dev.bedplate.alias.set', model, 1, 0, 0 from registry_history
      union all select type, subject, 0, 1, 0 from events where type not like 'dev.bedplate.run.%'
      union all select type, subject, 0, 0, 1 from audit_log
    ) as changes
    group by type, subject having sum(made) <> sum(events) or sum(made) <> sum(entries)`.execute(db);
  return rows.map(({ type, subject, made, events, entries }) => {
    return `${type} of ${subject}: ${made} changes, ${events} events, ${entries} audit entries`;
  });
}

/** The chain of the audit log, from its first entry to its end. */
async function judgeAudit(db: Database): Promise<string[]> {
  const log = createAuditLog(db);
  const ends = { head: await log.head(), anchors: [] };
  const { problem } = await verifyAudit(
    { entries: log.entries({ after: 0, limit: pageSize }), ends, headAfter: log.head },
    sha256,
  );
  return problem === null ? [] : [`the audit log's entry ${problem.sequence}: ${problem.reason}`];
}
