import { metrics as definitions, type MetricName, tritonMetrics } from "@bedplate/contract";
import { Counter, Gauge, Registry } from "prom-client";
import { collectProcessMetrics } from "./process-metrics.ts";
import { TalliedHistogram } from "./tallied-histogram.ts";

type Of<N extends MetricName> = (typeof definitions)[N]["type"] extends "counter"
  ? Counter
  : (typeof definitions)[N]["type"] extends "gauge"
    ? Gauge
    : TalliedHistogram<(typeof definitions)[N]["labels"][number]>;

export type Metrics = { readonly [N in MetricName]: Of<N> } & {
  readonly registry: Registry;
  /** Triton's count of requests that were not answered. */
  readonly tritonFailures: Counter;
};

/** Counts what collections of artifacts removed. */
export function countCollected(metrics: Metrics): (gone: { objects: number; bytes: number }) => void {
  return ({ objects, bytes }) => {
    metrics.artifactsCollectedTotal.inc(objects);
    metrics.artifactsCollectedBytesTotal.inc(bytes);
  };
}

/** Every metric of the contract, in a registry of its own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectProcessMetrics(registry, "bedplate_");
  const made = Object.entries(definitions).map(([key, { name, help, labels, ...rest }]) => {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (rest.type === "counter") return [key, new Counter(options)];
    if (rest.type === "gauge") return [key, new Gauge(options)];
    return [key, new TalliedHistogram({ name, help, labels, buckets: rest.buckets }, registry)];
  });
  const { name, help, labels } = tritonMetrics.failure;
  const tritonFailures = new Counter({ name, help, labelNames: [...labels], registers: [registry] });
  return { ...Object.fromEntries(made), registry, tritonFailures };
}
