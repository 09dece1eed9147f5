import type { Metric } from "./tracking-api.ts";

/** One point of a chart. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface Series {
  /** What runs along the bottom: seconds since the first value when no value was logged with a step of its own. */
  readonly axis: "step" | "seconds";
  readonly points: readonly Point[];
}

/**
 * A metric's values in order, ready to draw. The latest value of a step stands for it, values that are no numbers are
 * left out, and of more than `limit` points the lowest and the highest of each stretch are kept, so that peaks stay.
 */
export function chartSeries(history: readonly Metric[], limit: number): Series {
  const drawn = history.filter(({ value }) => Number.isFinite(value));
  const byStep = new Set(drawn.map(({ step }) => step)).size > 1;
  const start = Math.min(...drawn.map(({ timestamp }) => timestamp));
  const latest = new Map<number, Metric>();
  for (const metric of drawn) {
    const at = byStep ? metric.step : (metric.timestamp - start) / 1000;
    const known = latest.get(at);
    if (known === undefined || metric.timestamp >= known.timestamp) latest.set(at, metric);
  }
  const points = [...latest].map(([at, { value }]) => ({ at, value })).sort((a, b) => a.at - b.at);
  return { axis: byStep ? "step" : "seconds", points: thin(points, limit) };
}

function thin(points: readonly Point[], limit: number): readonly Point[] {
  if (points.length <= limit) return points;
  const stretch = Math.ceil(points.length / Math.floor(limit / 2));
  const kept: Point[] = [];
  for (let from = 0; from < points.length; from += stretch) {
    const part = points.slice(from, from + stretch);
    const low = part.reduce((a, b) => (b.value < a.value ? b : a));
    const high = part.reduce((a, b) => (b.value >= a.value ? b : a));
    kept.push(...(low === high ? [low] : [low, high].sort((a, b) => a.at - b.at)));
  }
  return kept;
}
