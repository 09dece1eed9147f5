import type { EvaluationRule, PromotionCheck } from "@bedplate/contract";

/** Newest values of a run's metrics; NaN where that was logged. */
export type Metrics = ReadonlyMap<string, number>;

interface Evaluated {
  readonly metrics: Metrics | null;
  readonly champion: { readonly version: number; readonly metrics: Metrics | null } | null;
}

const better = "Register a better version, or change what the model's policy asks: PUT …/promotion-policy.";
const logging = (metric: string) =>
  `Log it: mlflow.log_metric(${JSON.stringify(metric)}, value, run_id=run_id).`;

/** Whether a metric of a version's run is as a rule asks; one that is missing or not a number never is. */
export function evaluate(rule: EvaluationRule, { metrics, champion }: Evaluated): PromotionCheck {
  const { metric } = rule;
  const verdict = (met: boolean, detail: string, fix = better): PromotionCheck => ({
    check: "evaluation",
    met,
    detail,
    fix: met ? null : fix,
  });
  if (metrics === null) {
    const fix =
      "Register it from the run that has the metric: mlflow.register_model(f'runs:/{run_id}/model', name).";
    return verdict(false, `${metric}: the version names no run that has metrics.`, fix);
  }
  const value = metrics.get(metric);
  if (value === undefined)
    return verdict(false, `${metric}: its run did not log this metric.`, logging(metric));
  switch (rule.rule) {
    case "at-least":
      return verdict(value >= rule.value, `${metric} is ${value}; at least ${rule.value} is asked.`);
    case "at-most":
      return verdict(value <= rule.value, `${metric} is ${value}; at most ${rule.value} is asked.`);
    case "not-worse-than-champion": {
      if (champion === null) return verdict(true, `${metric} is ${value}; there is no other champion.`);
      const theirs = champion.metrics?.get(metric);
      if (theirs === undefined) {
        const detail = `${metric}: the champion's run (version ${champion.version}) did not log it.`;
        return verdict(false, detail, `${logging(metric)} For the champion's run, that is.`);
      }
      const { better: wanted, tolerance } = rule;
      const met = wanted === "higher" ? value >= theirs - tolerance : value <= theirs + tolerance;
      const within = tolerance === 0 ? "" : `, within ${tolerance}`;
      return verdict(
        met,
        `${metric} is ${value}, the champion's (version ${champion.version}) ${theirs}; ${wanted} is better${within}.`,
      );
    }
  }
}
