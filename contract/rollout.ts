import { z } from "zod";

const version = z.int().min(1).max(2_147_483_647);
/** Of a model's requests, in steps of a hundredth. */
const percent = z.number().min(0).max(100).multipleOf(0.01);
const hour = 3_600_000;
const duration = z
  .int()
  .min(0)
  .max(30 * 24 * hour);
const headerName = z
  .string()
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "a header's name in lower case, at most 100 characters");
const mebibyte = 1024 * 1024;

/**
 * What keeps a caller with one version: `request` for nothing, each request is drawn by itself; a header; a request's
 * parameter in Open Inference Protocol V2; or its `id`. Where a request lacks it, it is drawn by itself.
 */
const stickyKey = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("request") }),
  z.strictObject({ by: z.literal("id") }),
  z.strictObject({ by: z.literal("header"), name: headerName }),
  z.strictObject({ by: z.literal("parameter"), name: z.string().min(1).max(100) }),
]);
export type StickyKey = z.infer<typeof stickyKey>;

const percentile = z.union([z.literal(95), z.literal(99)]);
/** What ends a rollout by itself. Rates are parts of 1; what is compared with the champion is its present step. */
const abortRule = z.discriminatedUnion("rule", [
  z.strictObject({ rule: z.literal("error-rate-at-most"), value: z.number().min(0).max(1) }),
  z.strictObject({ rule: z.literal("error-rate-over-champion"), by: z.number().min(0).max(1) }),
  z.strictObject({ rule: z.literal("latency-at-most"), percentile, ms: z.number().positive().max(hour) }),
  z.strictObject({
    rule: z.literal("latency-over-champion"),
    percentile,
    factor: z.number().min(1).max(1_000),
  }),
]);
export type AbortRule = z.infer<typeof abortRule>;

const judged = {
  /** Answers that a version needs in the present step before it is judged, and the candidate before the step is left. */
  minimumSamples: z.int().min(1).max(1_000_000).default(100),
  abort: z
    .array(abortRule)
    .max(10)
    .default([{ rule: "error-rate-over-champion", by: 0.05 }]),
};

const rising = (steps: readonly { readonly percent: number }[]) =>
  steps.every((step, at) => at === 0 || step.percent > (steps[at - 1]?.percent ?? 0));

const canary = z.strictObject({
  strategy: z.literal("canary"),
  candidate: version,
  /** Shares that the candidate gets, one after another, each for a time; null for as long as nobody goes on. */
  steps: z
    .array(z.strictObject({ percent, holdMs: duration.nullable().default(null) }))
    .min(1)
    .max(20)
    .refine(rising, "each step must have a larger percent than the one before"),
  /** Requests with this header go to the candidate, whatever the share. */
  match: z.strictObject({ header: headerName, value: z.string().min(1).max(200) }).optional(),
  sticky: stickyKey.default({ by: "request" }),
  ...judged,
  /** What comes after the last step's time: promotion as its policy allows it, or nothing until somebody decides. */
  finish: z.enum(["wait", "promote"]).default("wait"),
});

const distinct = (list: readonly { readonly version: number }[]) =>
  new Set(list.map((one) => one.version)).size === list.length;
const within = (list: readonly { readonly percent: number }[]) =>
  list.reduce((sum, one) => sum + one.percent, 0) <= 100 + 1e-9;

const ab = z.strictObject({
  strategy: z.literal("ab"),
  /** The champion answers the rest. */
  candidates: z
    .array(z.strictObject({ version, percent }))
    .min(1)
    .max(4)
    .refine(distinct, "each version once")
    .refine(within, "shares of at most 100 percent in all"),
  sticky: stickyKey.default({ by: "request" }),
  ...judged,
  /** How often all comparisons together may call a difference where there is none, however often one looks. */
  alpha: z.number().min(0.0001).max(0.5).default(0.05),
  /** The differences that one wants to see: they tune how soon one is found, not how often one is wrong. */
  effects: z
    .strictObject({
      errorRate: z.number().positive().max(1).default(0.01),
      /** Of the mean of the latency's logarithm: 0.1 is about a tenth. */
      latency: z.number().positive().max(10).default(0.1),
      outcome: z.number().positive().max(1e12).default(0.05),
    })
    .prefault({}),
  /** Whether a larger reported outcome is the better one. */
  outcome: z.enum(["higher", "lower"]).default("higher"),
});

const shadow = z.strictObject({
  strategy: z.literal("shadow"),
  candidates: z
    .array(version)
    .min(1)
    .max(4)
    .refine((list) => new Set(list).size === list.length, "each version once"),
  /** Share of the requests that are repeated to the candidates. */
  percent: percent.default(100),
  /** Two numbers agree when they differ by no more than one of these. */
  tolerance: z
    .strictObject({
      absolute: z.number().min(0).default(1e-6),
      relative: z.number().min(0).default(1e-3),
    })
    .prefault({}),
  /** Requests and their bytes that may wait for the candidates, on each replica; more are dropped and counted. */
  queueLimit: z.int().min(1).max(100_000).default(64),
  queueBytes: z
    .int()
    .min(1)
    .max(1024 * mebibyte)
    .default(16 * mebibyte),
});

const blueGreen = z.strictObject({
  strategy: z.literal("blueGreen"),
  candidate: version,
  /** How long the version before stays in memory after the flip, for an immediate way back. */
  holdMs: duration.nullable().default(600_000),
  ...judged,
  /** There are no two versions at once to compare, so only what is not compared with the champion is judged. */
  abort: judged.abort.unwrap().default([{ rule: "error-rate-at-most", value: 0.5 }]),
});

/** How another version than the champion comes to answer, or to be tried. */
export const rolloutSpec = z.discriminatedUnion("strategy", [canary, ab, shadow, blueGreen]);
export type RolloutSpec = z.infer<typeof rolloutSpec>;
export type RolloutSpecInput = z.input<typeof rolloutSpec>;

const comment = z.string().max(1000).optional();
export const rolloutRequest = z.strictObject({ rollout: rolloutSpec, comment });

/** `revision` is the one that the caller saw; the change is refused when there is a newer one. */
export const rolloutChangeRequest = z.strictObject({ revision: z.int().min(1).optional(), comment });
export type RolloutChangeRequest = z.infer<typeof rolloutChangeRequest>;
/** Which of several candidates; where there is one, it is that. */
export const rolloutPromotionRequest = z.strictObject({
  ...rolloutChangeRequest.shape,
  version: version.optional(),
});
export type RolloutPromotionRequest = z.infer<typeof rolloutPromotionRequest>;

/** `running` and `paused` are active; in the others it has ended. */
const rolloutState = z.enum(["running", "paused", "promoted", "aborted", "superseded"]);
export type RolloutState = z.infer<typeof rolloutState>;

export const rollout = z.strictObject({
  id: z.string(),
  model: z.string(),
  environment: z.string(),
  spec: rolloutSpec,
  state: rolloutState,
  /** One more with each change. */
  revision: z.int(),
  /** The champion when it began. */
  baseline: version,
  /** The champion that it knows: another one after a flip. */
  champion: version,
  /** Which step, from 0; a blue-green rollout is at 1 after its flip. */
  position: z.int(),
  positionSince: z.int(),
  /** Why it is as it is; null where nobody said. */
  reason: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.int(),
  updatedAt: z.int(),
  endedAt: z.int().nullable(),
});
export type Rollout = z.infer<typeof rollout>;

export const rolloutList = z.strictObject({
  rollouts: z.array(rollout),
  /** Give this as `before` to get the next page; null on the last one. */
  next: z.int().nullable(),
});
export type RolloutList = z.infer<typeof rolloutList>;

export const rolloutActions = [
  "started",
  "paused",
  "resumed",
  "advanced",
  "flipped",
  "promoted",
  "aborted",
  "superseded",
] as const;
const rolloutAction = z.enum(rolloutActions);
export type RolloutAction = z.infer<typeof rolloutAction>;

/** One change of a rollout, as it is kept for good. */
export const rolloutChange = z.strictObject({
  sequence: z.int(),
  time: z.int(),
  actor: z.string(),
  action: rolloutAction,
  state: rolloutState,
  revision: z.int(),
  position: z.int(),
  champion: version,
  reason: z.string().nullable(),
});
export type RolloutChange = z.infer<typeof rolloutChange>;
export const rolloutHistory = z.strictObject({ changes: z.array(rolloutChange), next: z.int().nullable() });

/** What a rollout tells of itself with each change. */
export const rolloutEvent = z.strictObject({
  rolloutId: z.string(),
  model: z.string(),
  strategy: z.enum(["canary", "ab", "shadow", "blueGreen"]),
  action: rolloutAction,
  state: rolloutState,
  revision: z.int(),
  position: z.int(),
  champion: version,
  candidates: z.array(version),
  reason: z.string().max(2_000).optional(),
});

/** Outcomes that callers learned later, by the version that their answers named. */
export const rolloutOutcomes = z.strictObject({
  outcomes: z
    .array(z.strictObject({ version, value: z.number().min(-1e12).max(1e12) }))
    .min(1)
    .max(1_000),
});
export const acceptedOutcomes = z.strictObject({ accepted: z.int() });

const count = z.int().min(0);
/** How a shadow's answers differ from the champion's; no value of any request is kept. */
const shadowStatistics = z.strictObject({
  compared: count,
  /** The candidate failed where the champion answered. */
  failed: count,
  /** Not repeated because the queue, its bytes or the time ran out. */
  dropped: count,
  /** Answers whose every value agrees within the tolerance. */
  agreed: count,
  rows: count,
  /** Rows whose largest value stands at the same place. */
  rowsAgreed: count,
  /** Answers of another shape, type or set of outputs, or with a number where the other has none. */
  unlike: count,
  maxAbsolute: z.number(),
  maxRelative: z.number(),
});
export type ShadowStatistics = z.infer<typeof shadowStatistics>;

const variantStatistics = z.strictObject({
  version,
  role: z.enum(["champion", "candidate", "shadow"]),
  percent: z.number(),
  /** Whether this replica has it in memory. */
  loaded: z.boolean(),
  answers: count,
  errors: count,
  errorRate: z.number().nullable(),
  /** Milliseconds, each within five percent; null before the first answer. */
  latency: z.strictObject({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable(),
  outcomes: count,
  outcomeMean: z.number().nullable(),
  shadow: shadowStatistics.nullable(),
});
export type VariantStatistics = z.infer<typeof variantStatistics>;

const comparison = z.strictObject({
  version,
  metric: z.enum(["error-rate", "latency", "outcome"]),
  /** Candidate less champion; of latency, the difference of the means of its natural logarithm. */
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  /** Holds at every look: it may be compared with `alpha` as often as one likes. */
  pValue: z.number(),
  verdict: z.enum(["better", "worse", "undecided"]),
});
export type Comparison = z.infer<typeof comparison>;

/** What all replicas counted in the present step, and what follows. */
export const rolloutStatistics = z.strictObject({
  id: z.string(),
  revision: z.int(),
  position: z.int(),
  variants: z.array(variantStatistics),
  /** Each candidate with the champion; the intervals hold together, at every look, with probability 1 - `alpha`. */
  comparisons: z.array(comparison),
});
export type RolloutStatistics = z.infer<typeof rolloutStatistics>;
