import { Histogram, type Registry } from "prom-client";

interface HistogramParts<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
  /** Upper bounds, the smallest first. */
  readonly buckets: readonly number[];
}

type Labels<L extends string> = Readonly<Record<L, string>>;

interface Series<L extends string> {
  readonly labels: Labels<L>;
  /** Observations by bucket; the last is for those above all bounds. */
  readonly counts: Float64Array;
  sum: number;
}

/** Series by the values of their labels, one level a label. */
interface Level<L extends string> {
  readonly below: Map<string, Level<L>>;
  series: Series<L> | null;
}

/**
 * A histogram that is observed more often than anything else: an observation is a few look-ups and two additions, and
 * words are made of it when somebody reads the registry.
 */
export class TalliedHistogram<L extends string> {
  readonly #parts: HistogramParts<L>;
  readonly #root: Level<L> = { below: new Map(), series: null };
  readonly #all: Series<L>[] = [];

  constructor(parts: HistogramParts<L>, registry: Registry) {
    this.#parts = parts;
    const { name, help, labels, buckets } = parts;
    const metric = new Histogram({
      name,
      help,
      labelNames: [...labels],
      buckets: [...buckets],
      registers: [],
    });
    const read = async () => ({ name, help, type: "histogram", aggregator: "sum", values: this.#values() });
    registry.registerMetric(Object.assign(metric, { get: read, getForPromString: read }));
  }

  observe(labels: Labels<L>, value: number): void {
    this.#add(this.#seriesOf(labels), value);
  }

  /** What observes for one set of labels, without looking it up each time. */
  of(labels: Labels<L>): (value: number) => void {
    const series = this.#seriesOf(labels);
    return (value) => this.#add(series, value);
  }

  #add(series: Series<L>, value: number): void {
    const { counts } = series;
    let at = 0;
    for (const bound of this.#parts.buckets) {
      if (value <= bound) break;
      at++;
    }
    counts[at] = (counts[at] ?? 0) + 1;
    series.sum += value;
  }

  #seriesOf(labels: Labels<L>): Series<L> {
    let level = this.#root;
    for (const name of this.#parts.labels) {
      let below = level.below.get(labels[name]);
      if (below === undefined) {
        below = { below: new Map(), series: null };
        level.below.set(labels[name], below);
      }
      level = below;
    }
    if (level.series === null) {
      const counts = new Float64Array(this.#parts.buckets.length + 1);
      level.series = { labels: { ...labels }, counts, sum: 0 };
      this.#all.push(level.series);
    }
    return level.series;
  }

  /** Source: Prometheus, "Exposition Formats", histograms. */
  #values() {
    const { name, buckets } = this.#parts;
    return this.#all.flatMap(({ labels, counts, sum }) => {
      let count = 0;
      const bounds = [...buckets, "+Inf"].map((le, at) => {
        count += counts[at] ?? 0;
        return { labels: { le, ...labels }, value: count, metricName: `${name}_bucket` };
      });
      return [
        ...bounds,
        { labels, value: sum, metricName: `${name}_sum` },
        { labels, value: count, metricName: `${name}_count` },
      ];
    });
  }
}
