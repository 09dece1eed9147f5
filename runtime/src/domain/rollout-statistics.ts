import type {
  Comparison,
  Rollout,
  RolloutSpec,
  ShadowStatistics,
  VariantStatistics,
} from "@bedplate/contract";
import { quantile } from "./latency-histogram.ts";
import type { AnswerCounts } from "./rollout-decision.ts";
import { candidatesOf, planOf } from "./rollout-plan.ts";
import {
  compareMeans,
  type SampleSummary,
  summarize,
  summarizeRate,
  type ValueSums,
} from "./sequential-comparison.ts";
import { wholeTraffic } from "./traffic-split.ts";

/** All that was counted of one version in one step. */
export interface VariantCounts extends AnswerCounts {
  /** Natural logarithms of latencies in milliseconds, of answers that did not fail. */
  readonly logLatency: ValueSums;
  readonly outcome: ValueSums;
  readonly shadow: ShadowStatistics;
}

type Counts = ReadonlyMap<number, VariantCounts>;
type Facts = Pick<Rollout, "spec" | "position" | "champion" | "baseline">;
type Ab = Extract<RolloutSpec, { strategy: "ab" }>;

const noSums: ValueSums = { count: 0, sum: 0, squares: 0 };
export const noShadow: ShadowStatistics = {
  compared: 0,
  failed: 0,
  dropped: 0,
  agreed: 0,
  rows: 0,
  rowsAgreed: 0,
  unlike: 0,
  maxAbsolute: 0,
  maxRelative: 0,
};
const noCounts: VariantCounts = {
  answers: 0,
  errors: 0,
  latency: new Map(),
  logLatency: noSums,
  outcome: noSums,
  shadow: noShadow,
};

/** Every version of a rollout with what it did, the champion first. */
export function variantsOf(
  rollout: Facts,
  counts: Counts,
  isLoaded: (version: number) => boolean,
): readonly VariantStatistics[] {
  const { shares, versions, shadow } = planOf(rollout);
  const percentOf = (version: number) =>
    ((shares.find((one) => one.version === version)?.share ?? 0) / wholeTraffic) * 100;
  const others = shares.reduce((sum, { share }) => sum + share, 0);
  const variant = (version: number, role: VariantStatistics["role"], percent: number): VariantStatistics => {
    const { answers, errors, latency, outcome, shadow } = counts.get(version) ?? noCounts;
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => quantile(latency, part));
    const isTimed = typeof p50 === "number" && typeof p95 === "number" && typeof p99 === "number";
    return {
      version,
      role,
      percent,
      loaded: isLoaded(version),
      answers,
      errors,
      errorRate: answers === 0 ? null : errors / answers,
      latency: isTimed ? { p50, p95, p99 } : null,
      outcomes: outcome.count,
      outcomeMean: outcome.count === 0 ? null : outcome.sum / outcome.count,
      shadow: role === "shadow" ? shadow : null,
    };
  };
  const role = shadow === null ? "candidate" : "shadow";
  return [
    variant(rollout.champion, "champion", ((wholeTraffic - others) / wholeTraffic) * 100),
    ...versions.map((version) => variant(version, role, percentOf(version))),
  ];
}

/** Each candidate of an A/B test with the champion, by every metric of which there is enough. */
export function comparisonsOf({ spec, champion }: Facts, counts: Counts): readonly Comparison[] {
  if (spec.strategy !== "ab") return [];
  const metrics = metricsOf(spec);
  // All comparisons together are wrong no more often than `alpha` (Bonferroni).
  const alpha = spec.alpha / (spec.candidates.length * metrics.length);
  const own = counts.get(champion) ?? noCounts;
  return candidatesOf(spec).flatMap((version) =>
    metrics.flatMap(({ metric, effect, better, summaryOf }): Comparison[] => {
      const [candidate, reference] = [summaryOf(counts.get(version) ?? noCounts), summaryOf(own)];
      if (Math.min(candidate.count, reference.count) < spec.minimumSamples) return [];
      const found = compareMeans(candidate, reference, { effect, alpha });
      if (found === null) return [];
      const isUp = found.low > 0;
      const isDecided = isUp || found.high < 0;
      const verdict = !isDecided ? "undecided" : isUp === (better === "higher") ? "better" : "worse";
      return [
        { version, metric, ...found, pValue: Math.min(1, (found.pValue * spec.alpha) / alpha), verdict },
      ];
    }),
  );
}

interface Metric {
  readonly metric: Comparison["metric"];
  readonly effect: number;
  readonly better: "higher" | "lower";
  readonly summaryOf: (counts: VariantCounts) => SampleSummary;
}

const metricsOf = ({ effects, outcome }: Ab): readonly Metric[] => [
  {
    metric: "error-rate",
    effect: effects.errorRate,
    better: "lower",
    summaryOf: ({ answers, errors }) => summarizeRate(answers, errors),
  },
  {
    metric: "latency",
    effect: effects.latency,
    better: "lower",
    summaryOf: ({ logLatency }) => summarize(logLatency),
  },
  {
    metric: "outcome",
    effect: effects.outcome,
    better: outcome,
    summaryOf: ({ outcome }) => summarize(outcome),
  },
];
