import { type TritonMetricName, tritonMetrics } from "@bedplate/contract";
import { Counter, Gauge, type Registry } from "prom-client";

interface Duration {
  readonly count: number;
  readonly ns: number;
}

/** What a version has counted by itself. */
interface Counted {
  readonly name: string;
  readonly version: string;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly pending_count: number;
  readonly inference_stats: Readonly<
    Record<"success" | "queue" | "compute_input" | "compute_infer" | "compute_output", Duration>
  >;
}

const nanosecondsPerMicrosecond = 1_000;
const microseconds = ({ ns }: Duration) => Math.round(ns / nanosecondsPerMicrosecond);

type Read = (version: Counted) => number;

const readers: Readonly<Record<Exclude<TritonMetricName, "failure">, Read>> = {
  success: ({ inference_stats }) => inference_stats.success.count,
  count: ({ inference_count }) => inference_count,
  executions: ({ execution_count }) => execution_count,
  request: ({ inference_stats }) => microseconds(inference_stats.success),
  queue: ({ inference_stats }) => microseconds(inference_stats.queue),
  computeInput: ({ inference_stats }) => microseconds(inference_stats.compute_input),
  computeInfer: ({ inference_stats }) => microseconds(inference_stats.compute_infer),
  computeOutput: ({ inference_stats }) => microseconds(inference_stats.compute_output),
  pending: ({ pending_count }) => pending_count,
};

/**
 * Gives out under Triton's names what versions have counted. It is read when somebody asks for it, so a prediction pays
 * nothing for it; what goes out of service goes out of the metrics, as with Triton.
 */
export function exposeStatistics(registry: Registry, statistics: () => readonly Counted[]): void {
  for (const [key, read] of Object.entries(readers)) {
    const { name, help, labels, type } = tritonMetrics[key as keyof typeof readers];
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    const fill = (metric: {
      reset: () => void;
      inc: (labels: Record<string, string>, value: number) => void;
    }) => {
      metric.reset();
      for (const one of statistics()) metric.inc({ model: one.name, version: one.version }, read(one));
    };
    if (type === "gauge") {
      new Gauge({
        ...options,
        collect() {
          fill(this);
        },
      });
    } else {
      new Counter({
        ...options,
        collect() {
          fill(this);
        },
      });
    }
  }
}
