import {
  type EvaluationRule,
  type PromotionCheck,
  type PromotionPolicy,
  promotionPolicy,
} from "@bedplate/contract";
import { sql } from "kysely";
import { Problem } from "../domain/problem.ts";
import {
  checkPromotion,
  type PlatformMinimum,
  type PromotionEvidence,
  type PromotionFacts,
  strictest,
} from "../domain/promotion-policy.ts";
import type { Database } from "./database.ts";

/** Which alias decides what is served, and what the platform asks before it may move. */
export interface Governance {
  readonly servingAlias: string;
  readonly minimum: PlatformMinimum;
  /** Looks at what a version can show, as far as it is asked for. */
  readonly evidence?: (of: VersionOf, asked: Asked) => Promise<PromotionEvidence>;
}

interface VersionOf {
  readonly model: string;
  readonly version: number;
}

/** What of a version's evidence a policy asks for. */
export type Asked = Pick<PromotionPolicy, "signature" | "modelCard">;

const noEvidence: PromotionEvidence = { signature: null, modelCard: null };

/**
 * Looks at a version's signature and card where its policy asks for them. Called before the transaction of a promotion:
 * that takes longer than a lock may be held, and a version's files, which both are about, do not change meanwhile.
 */
export async function gatherEvidence(
  db: Database,
  of: VersionOf,
  { minimum, evidence }: Governance,
): Promise<PromotionEvidence> {
  const { effective } = await readPolicy(db, of.model, minimum);
  if (evidence === undefined || !(effective.signature || effective.modelCard)) return noEvidence;
  return await evidence(of, effective);
}

const jobPrefix = "job:";

/** A model's own policy, and with what the platform asks. */
export async function readPolicy(
  db: Database,
  model: string,
  minimum: PlatformMinimum,
): Promise<{ readonly policy: PromotionPolicy; readonly effective: PromotionPolicy }> {
  const row = await db
    .selectFrom("promotion_policies")
    .select("policy")
    .where("name", "=", model)
    .executeTakeFirst();
  const policy = promotionPolicy.parse(row?.policy ?? {});
  const team = await minimumOfTeam(db, model);
  return { policy, effective: strictest(minimum, team === null ? policy : strictest(team, policy)) };
}

/** What the team of a model asks of all of its models. */
async function minimumOfTeam(db: Database, model: string): Promise<PlatformMinimum | null> {
  const row = await db
    .selectFrom("registered_models as m")
    .innerJoin("teams as t", "t.name", "m.team")
    .select(["t.approvals", "t.four_eyes as fourEyes"])
    .where("m.name", "=", model)
    .executeTakeFirst();
  return row === undefined ? null : { ...row, signature: false, modelCard: false };
}

/** Everything that promotion asks of a version, and whether it is so now. */
export async function promotionChecksOf(
  db: Database,
  version: VersionOf,
  { minimum, servingAlias }: Governance,
  evidence: PromotionEvidence,
): Promise<readonly PromotionCheck[]> {
  const { effective } = await readPolicy(db, version.model, minimum);
  const row = await db
    .selectFrom("model_versions")
    .select(["user_id", "run_id", "artifact_path"])
    .where("name", "=", version.model)
    .where("version", "=", version.version)
    .executeTakeFirstOrThrow();
  const content = await contentDigest(db, row.artifact_path);
  const standing = await db
    .selectFrom("version_approvals")
    .select(["actor", "decision", "reason", "content"])
    .where("name", "=", version.model)
    .where("version", "=", version.version)
    .where("withdrawn_at", "is", null)
    .orderBy("time")
    .execute();
  const facts: PromotionFacts = {
    ...evidence,
    requesters: await requestersOf(db, row.user_id),
    approvals: standing.map((one) => ({ ...one, current: one.content === content })),
    metrics: await metricsOf(db, row.run_id, effective.evaluation),
    champion: await championFacts(db, version, servingAlias, effective.evaluation),
  };
  return checkPromotion(effective, facts);
}

/** Throws PROMOTION_BLOCKED with every check that is not met. */
export async function requirePromotable(
  trx: Database,
  version: VersionOf,
  governance: Governance,
  evidence: PromotionEvidence,
): Promise<void> {
  const unmet = (await promotionChecksOf(trx, version, governance, evidence)).filter(({ met }) => !met);
  if (unmet.length === 0) return;
  const problems = unmet.map(
    ({ check, detail, fix }) => `${check}: ${detail}${fix === null ? "" : ` ${fix.replaceAll("\n", " ")}`}`,
  );
  throw new Problem(
    "PROMOTION_BLOCKED",
    `Version ${version.version} of "${version.model}" may not become champion yet. ${problems.join(" ")}`,
    problems,
  );
}

/** Who registered a version, and who submitted the job that did. */
export async function requestersOf(db: Database, userId: string): Promise<readonly string[]> {
  if (!userId.startsWith(jobPrefix)) return [userId];
  const job = await db
    .selectFrom("training_jobs")
    .select("created_by")
    .where("id", "=", userId.slice(jobPrefix.length))
    .executeTakeFirst();
  return job === undefined ? [userId] : [userId, job.created_by];
}

/** SHA-256 over the names and digests of all files of a folder, so that an approval is about bytes. */
export async function contentDigest(db: Database, folder: string): Promise<string> {
  const { rows } = await sql<{ digest: string }>`
    select encode(sha256(convert_to(coalesce(
      string_agg(substr(path, ${[...folder].length + 2}::integer) || ' ' || digest, chr(10) order by path),
      ''), 'UTF8')), 'hex') as digest
    from artifacts where path = ${folder} or (path >= ${`${folder}/`} and path < ${`${folder}0`})`.execute(
    db,
  );
  return rows[0]?.digest ?? "";
}

async function metricsOf(
  db: Database,
  runId: string,
  rules: readonly EvaluationRule[],
): Promise<ReadonlyMap<string, number> | null> {
  if (rules.length === 0 || runId === "") return null;
  const rows = await db
    .selectFrom("run_latest_metrics")
    .select(["key", "value", "is_nan"])
    .where("run_id", "=", runId)
    .where(
      "key",
      "in",
      rules.map(({ metric }) => metric),
    )
    .execute();
  return new Map(rows.map(({ key, value, is_nan }) => [key, is_nan ? Number.NaN : value]));
}

async function championFacts(
  db: Database,
  { model, version }: VersionOf,
  alias: string,
  rules: readonly EvaluationRule[],
): Promise<PromotionFacts["champion"]> {
  const champion = await db
    .selectFrom("model_aliases as a")
    .innerJoin("model_versions as v", (join) =>
      join.onRef("v.name", "=", "a.name").onRef("v.version", "=", "a.version"),
    )
    .select(["v.version", "v.run_id"])
    .where("a.name", "=", model)
    .where("a.alias", "=", alias)
    .executeTakeFirst();
  if (champion === undefined || champion.version === version) return null;
  return { version: champion.version, metrics: await metricsOf(db, champion.run_id, rules) };
}
