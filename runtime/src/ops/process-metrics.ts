import { createRequire } from "node:module";
import { collectDefaultMetrics, type Registry } from "prom-client";

type Collect = (registry: Registry, config: { readonly prefix: string }) => void;

const load = createRequire(import.meta.url);
/** It has Node make several objects, with warnings of deprecation in them, for each of some 200 collections a second. */
const costly = "gc";

/**
 * What prom-client tells of a process and of Node (https://github.com/siimon/prom-client#default-metrics), but for the
 * durations of collections: to watch those was most of what a busy service left in memory, and so had it collected.
 */
export function collectProcessMetrics(registry: Registry, prefix: string): void {
  for (const name of collectDefaultMetrics.metricsList) {
    if (name === costly) continue;
    const collect: Collect = load(`prom-client/lib/metrics/${name}.js`);
    collect(registry, { prefix });
  }
}
