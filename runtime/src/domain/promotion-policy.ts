import type { EvaluationRule, PromotionCheck, PromotionPolicy } from "@bedplate/contract";

/** What the platform asks of every model. */
export interface PlatformMinimum {
  readonly approvals: number;
  readonly fourEyes: boolean;
}

/** Newest values of a run's metrics; NaN where that was logged. */
type Metrics = ReadonlyMap<string, number>;

/** What is known of a version when its promotion is decided. */
export interface PromotionFacts {
  /** Who registered it, and who submitted the job that did. */
  readonly requesters: readonly string[];
  /** Standing decisions; `current` is whether they are about the files that the version has now. */
  readonly approvals: readonly {
    readonly actor: string;
    readonly decision: "approve" | "reject";
    readonly reason: string;
    readonly current: boolean;
  }[];
  /** Null when the version names no run that is still there. */
  readonly metrics: Metrics | null;
  /** Null when there is no champion, or the version itself is it. */
  readonly champion: { readonly version: number; readonly metrics: Metrics | null } | null;
}

/** The stricter of the platform's minimum and a model's own policy. */
export function strictest(minimum: PlatformMinimum, own: PromotionPolicy): PromotionPolicy {
  const fourEyes =
    (minimum.approvals > 0 && minimum.fourEyes) || (own.approvals.count > 0 && own.approvals.fourEyes);
  const count = Math.max(minimum.approvals, own.approvals.count);
  return { approvals: { count, fourEyes }, evaluation: own.evaluation };
}

/** Everything that a policy asks, and whether it is so; a standing rejection blocks under every policy. */
export function checkPromotion(policy: PromotionPolicy, facts: PromotionFacts): readonly PromotionCheck[] {
  return [
    ...rejections(facts),
    ...approvals(policy, facts),
    ...policy.evaluation.map((rule) => evaluate(rule, facts)),
  ];
}

function rejections(facts: PromotionFacts): readonly PromotionCheck[] {
  return facts.approvals
    .filter(({ decision }) => decision === "reject")
    .map(({ actor, reason }) => ({
      check: "rejection",
      met: false,
      detail: `${actor} rejected it: ${reason}`,
    }));
}

function approvals({ approvals: asked }: PromotionPolicy, facts: PromotionFacts): readonly PromotionCheck[] {
  if (asked.count === 0) return [];
  const given = facts.approvals.filter(({ decision }) => decision === "approve");
  const current = given.filter((approval) => approval.current);
  const counted = current.filter(({ actor }) => !asked.fourEyes || !facts.requesters.includes(actor));
  const met = new Set(counted.map(({ actor }) => actor)).size >= asked.count;
  const left = [
    ...(current.length < given.length
      ? [`${given.length - current.length} for other files than it has now`]
      : []),
    ...(counted.length < current.length
      ? [`${current.length - counted.length} by who registered it, which four eyes leave out`]
      : []),
  ];
  const not = left.length === 0 ? "" : ` Not counted: ${left.join("; ")}.`;
  return [{ check: "approval", met, detail: `${counted.length} of ${asked.count} approvals.${not}` }];
}

function evaluate(rule: EvaluationRule, { metrics, champion }: PromotionFacts): PromotionCheck {
  const verdict = (met: boolean, detail: string): PromotionCheck => ({ check: "evaluation", met, detail });
  const { metric } = rule;
  if (metrics === null) return verdict(false, `${metric}: the version names no run that has metrics.`);
  const value = metrics.get(metric);
  if (value === undefined) return verdict(false, `${metric}: its run did not log this metric.`);
  switch (rule.rule) {
    case "at-least":
      return verdict(value >= rule.value, `${metric} is ${value}; at least ${rule.value} is asked.`);
    case "at-most":
      return verdict(value <= rule.value, `${metric} is ${value}; at most ${rule.value} is asked.`);
    case "not-worse-than-champion": {
      if (champion === null) return verdict(true, `${metric} is ${value}; there is no other champion.`);
      const theirs = champion.metrics?.get(metric);
      if (theirs === undefined) {
        return verdict(false, `${metric}: the champion's run (version ${champion.version}) did not log it.`);
      }
      const { better, tolerance } = rule;
      const met = better === "higher" ? value >= theirs - tolerance : value <= theirs + tolerance;
      const within = tolerance === 0 ? "" : `, within ${tolerance}`;
      return verdict(
        met,
        `${metric} is ${value}, the champion's (version ${champion.version}) ${theirs}; ${better} is better${within}.`,
      );
    }
  }
}
