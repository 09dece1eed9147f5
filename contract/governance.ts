import { z } from "zod";

const version = z.int().min(1);
const reason = z.string().min(1).max(1000);

const change = {
  sequence: z.int().min(1),
  /** When, in milliseconds since 1970; never earlier than the change before it. */
  time: z.int(),
  actor: z.string(),
  /** The model's name at that time. */
  model: z.string(),
  comment: z.string().nullable(),
};

/** One change of an alias or a stage, as it is kept for good. */
export const historyEntry = z.discriminatedUnion("kind", [
  z.strictObject({
    ...change,
    kind: z.literal("alias"),
    action: z.enum(["set", "rolled-back", "deleted"]),
    alias: z.string(),
    /** The version that the alias named before; null for a new alias. */
    from: version.nullable(),
    /** The version that it names from then on; null when it was deleted. */
    to: version.nullable(),
  }),
  z.strictObject({
    ...change,
    kind: z.literal("stage"),
    version,
    from: z.string(),
    to: z.string(),
  }),
]);
export type HistoryEntry = z.infer<typeof historyEntry>;
export type AliasHistoryEntry = Extract<HistoryEntry, { kind: "alias" }>;

export const modelHistory = z.strictObject({
  model: z.string(),
  /** Newest first. */
  entries: z.array(historyEntry),
  /** Give this as `before` to get the next page; null on the last one. */
  next: z.int().nullable(),
});
export type ModelHistory = z.infer<typeof modelHistory>;

/** Which version was champion at a moment, and since when. */
export const championAt = z.strictObject({
  model: z.string(),
  /** The installation's environment; an installation has one. */
  environment: z.string(),
  alias: z.string(),
  at: z.int(),
  /** Null when no version was. */
  version: version.nullable(),
  /** The change that made it so; null when there was none before. */
  change: historyEntry.nullable(),
});
export type ChampionAt = z.infer<typeof championAt>;

/** Goes back to the champion before the present one. */
export const rollbackRequest = z.strictObject({
  /** The champion that the caller sees; the rollback is refused when it is another one by now. */
  from: version.optional(),
  comment: z.string().max(1000).optional(),
});

export const approvalRequest = z.strictObject({ decision: z.enum(["approve", "reject"]), reason });
export type ApprovalRequest = z.infer<typeof approvalRequest>;

/** What somebody decided about a version. A newer decision of the same person takes the older one's place. */
export const approval = z.strictObject({
  id: z.string(),
  model: z.string(),
  version,
  decision: z.enum(["approve", "reject"]),
  reason: z.string(),
  actor: z.string(),
  time: z.int(),
  /** SHA-256 over the names and digests of the version's files when it was decided. */
  content: z.string(),
  /** Whether the files are still those; an approval of other files does not count. */
  current: z.boolean(),
  withdrawnBy: z.string().nullable(),
  withdrawnAt: z.int().nullable(),
});
export type Approval = z.infer<typeof approval>;

export const approvalList = z.strictObject({ approvals: z.array(approval) });
export type ApprovalList = z.infer<typeof approvalList>;

const metric = z.string().min(1).max(250);
/** What the newest value of a metric of the version's run must be. */
export const evaluationRule = z.discriminatedUnion("rule", [
  z.strictObject({ rule: z.literal("at-least"), metric, value: z.number() }),
  z.strictObject({ rule: z.literal("at-most"), metric, value: z.number() }),
  z.strictObject({
    rule: z.literal("not-worse-than-champion"),
    metric,
    better: z.enum(["higher", "lower"]),
    /** How much worse it may be, in the metric's own unit. */
    tolerance: z.number().min(0).default(0),
  }),
]);
export type EvaluationRule = z.infer<typeof evaluationRule>;

/** What a version needs before it may become champion. An empty policy asks for nothing. */
export const promotionPolicy = z.strictObject({
  approvals: z
    .strictObject({
      /** How many people must approve. */
      count: z.int().min(0).max(10).default(0),
      /** Approvals of who registered the version, or submitted the job that did, do not count. */
      fourEyes: z.boolean().default(true),
    })
    .prefault({}),
  evaluation: z.array(evaluationRule).max(20).default([]),
  /** Whether a trusted key must have signed the version's files. */
  signature: z.boolean().default(false),
  /** Whether the model card must be complete; its history and its approvals, which promotion itself decides, aside. */
  modelCard: z.boolean().default(false),
});
export type PromotionPolicy = z.infer<typeof promotionPolicy>;
export type PromotionPolicyInput = z.input<typeof promotionPolicy>;

export const modelPromotionPolicy = z.strictObject({
  model: z.string(),
  /** The model's own; empty when it has none. */
  policy: promotionPolicy,
  /** With what the platform asks of every model. */
  effective: promotionPolicy,
});
export type ModelPromotionPolicy = z.infer<typeof modelPromotionPolicy>;

/** One thing that promotion asks for, and whether it is so. */
export const promotionCheck = z.strictObject({
  check: z.enum(["approval", "rejection", "signature", "model-card", "evaluation"]),
  met: z.boolean(),
  detail: z.string(),
  /** What most likely mends it, a line for each thing to do; null when it is met. */
  fix: z.string().nullable(),
});
export type PromotionCheck = z.infer<typeof promotionCheck>;

export const promotionChecks = z.strictObject({
  model: z.string(),
  version,
  met: z.boolean(),
  checks: z.array(promotionCheck),
});
export type PromotionChecks = z.infer<typeof promotionChecks>;
