import type { AbortRule, Rollout } from "@bedplate/contract";
import { type LatencyHistogram, quantile } from "./latency-histogram.ts";
import { candidatesOf } from "./rollout-plan.ts";

/** What was counted of one version in the present step. */
export interface AnswerCounts {
  readonly answers: number;
  readonly errors: number;
  readonly latency: LatencyHistogram;
}

/** What must happen to a rollout without anybody asking for it. */
export type Decision =
  | { readonly action: "abort"; readonly reason: string }
  | { readonly action: "advance" }
  | { readonly action: "promote"; readonly version: number }
  /** A flip that went well: what was kept for the way back is let go. */
  | { readonly action: "settle" };

type Counts = ReadonlyMap<number, AnswerCounts>;
type Facts = Pick<Rollout, "spec" | "state" | "position" | "positionSince" | "champion">;

const nothing: AnswerCounts = { answers: 0, errors: 0, latency: new Map() };

/**
 * Decides from the counts of the present step. A broken rule ends a rollout also while it is paused; time passes only
 * while it runs. Null where everything stays as it is.
 */
export function decide(rollout: Facts, counts: Counts, now: number): Decision | null {
  const { spec, position } = rollout;
  if (spec.strategy === "shadow") return null;
  // Before the flip a new version answers nobody, so that there is nothing to judge.
  if (spec.strategy !== "blueGreen" || position > 0) {
    const champion = counts.get(rollout.champion) ?? nothing;
    for (const version of candidatesOf(spec)) {
      const candidate = counts.get(version) ?? nothing;
      const against = version === rollout.champion ? nothing : champion;
      const broken = spec.abort.flatMap((rule) => judge(rule, candidate, against, spec.minimumSamples) ?? []);
      if (broken.length > 0) return { action: "abort", reason: `Version ${version}: ${broken.join(" ")}` };
    }
  }
  return rollout.state === "running" ? passTime(rollout, counts, now) : null;
}

function passTime({ spec, position, positionSince }: Facts, counts: Counts, now: number): Decision | null {
  if (spec.strategy === "blueGreen") {
    const isOver = position > 0 && spec.holdMs !== null && now >= positionSince + spec.holdMs;
    return isOver ? { action: "settle" } : null;
  }
  if (spec.strategy !== "canary") return null;
  const { steps, candidate, minimumSamples, finish } = spec;
  const step = steps[position];
  if (step === undefined || step.holdMs === null || now < positionSince + step.holdMs) return null;
  const isSilent = step.percent === 0;
  if (!isSilent && (counts.get(candidate)?.answers ?? 0) < minimumSamples) return null;
  if (position + 1 < steps.length) return { action: "advance" };
  return finish === "promote" ? { action: "promote", version: candidate } : null;
}

const ratePlaces = 4;
const percentOf = (rate: number) => `${Number((rate * 100).toFixed(ratePlaces))} %`;
const milliseconds = (ms: number) => `${Number(ms.toPrecision(3))} ms`;

/** How a rule is broken, in a sentence; null where it is kept, or where there is not enough to judge by. */
function judge(
  rule: AbortRule,
  candidate: AnswerCounts,
  champion: AnswerCounts,
  minimumSamples: number,
): string | null {
  if (candidate.answers < minimumSamples) return null;
  const isRelative = rule.rule === "error-rate-over-champion" || rule.rule === "latency-over-champion";
  if (isRelative && champion.answers < minimumSamples) return null;
  const rate = candidate.errors / candidate.answers;
  const from = `over ${candidate.answers} answers`;
  switch (rule.rule) {
    case "error-rate-at-most":
      return rate > rule.value
        ? `${percentOf(rate)} of its answers failed ${from}, and at most ${percentOf(rule.value)} may.`
        : null;
    case "error-rate-over-champion": {
      const own = champion.errors / champion.answers;
      return rate > own + rule.by
        ? `${percentOf(rate)} of its answers failed ${from}, the champion's ${percentOf(own)}, and at most ${percentOf(rule.by)} more may.`
        : null;
    }
    case "latency-at-most": {
      const ms = quantile(candidate.latency, rule.percentile / 100);
      return ms !== null && ms > rule.ms
        ? `Its p${rule.percentile} is ${milliseconds(ms)} ${from}, and may be ${milliseconds(rule.ms)}.`
        : null;
    }
    case "latency-over-champion": {
      const ms = quantile(candidate.latency, rule.percentile / 100);
      const own = quantile(champion.latency, rule.percentile / 100);
      return ms !== null && own !== null && ms > own * rule.factor
        ? `Its p${rule.percentile} is ${milliseconds(ms)} ${from}, the champion's ${milliseconds(own)}, and may be ${rule.factor} times that.`
        : null;
    }
  }
}
