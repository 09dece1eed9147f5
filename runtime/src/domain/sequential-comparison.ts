/** What was seen of one version: how many values, their mean and their variance. */
export interface SampleSummary {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

/** Sums of some values, as they are added up. */
export interface ValueSums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

interface Interval {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly pValue: number;
}

export function summarize({ count, sum, squares }: ValueSums): SampleSummary {
  const mean = count === 0 ? 0 : sum / count;
  const variance = count < 2 ? 0 : Math.max(0, (squares - count * mean * mean) / (count - 1));
  return { count, mean, variance };
}

/**
 * The share of failures. Its variance is that of a share with one more failure and one more success: before the first
 * failure it would be 0 and the first one would look like proof (Agresti and Caffo, 2000).
 */
export function summarizeRate(count: number, failures: number): SampleSummary {
  const smoothed = (failures + 1) / (count + 2);
  return {
    count,
    mean: count === 0 ? 0 : failures / count,
    variance: smoothed * (1 - smoothed),
  };
}

/**
 * Compares two means so that one may look as often as one likes and stop when one likes: the interval holds the true
 * difference at all looks together with probability 1 - `alpha`, and the p value passes below `alpha` at any look with
 * probability `alpha` where there is no difference.
 *
 * It is the mixture sequential probability ratio test with a normal mixture of standard deviation `effect`. Sources: H. Robbins,
 * "Statistical methods related to the law of the iterated logarithm", Ann. Math. Statist. 41 (1970); R. Johari, P. Koomen,
 * L. Pekelis, D. Walsh, "Always Valid Inference: Continuous Monitoring of A/B Tests", Operations Research 70 (2022), with
 * the difference's information 1/s² in the place of the number of pairs, so that the versions' shares need not be equal
 * (C. Jennison, B. Turnbull, "Group Sequential Methods", 2000, chapter 11). Means of many values are taken as normal, which
 * is why a first number of values must be waited for. Null before there are two values of each, or where none differs.
 */
export function compareMeans(
  candidate: SampleSummary,
  champion: SampleSummary,
  { effect, alpha }: { readonly effect: number; readonly alpha: number },
): Interval | null {
  if (candidate.count < 2 || champion.count < 2) return null;
  const difference = candidate.mean - champion.mean;
  const s2 = candidate.variance / candidate.count + champion.variance / champion.count;
  if (s2 === 0) return null;
  const t2 = effect * effect;
  const ratio = Math.log((s2 + t2) / s2) / 2;
  const logLikelihood = (difference * difference * t2) / (2 * s2 * (s2 + t2)) - ratio;
  const width = Math.sqrt(((2 * s2 * (s2 + t2)) / t2) * (ratio - Math.log(alpha)));
  return {
    difference,
    low: difference - width,
    high: difference + width,
    pValue: Math.min(1, Math.exp(-logLikelihood)),
  };
}
