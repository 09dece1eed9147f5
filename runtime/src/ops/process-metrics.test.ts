import { Registry } from "prom-client";
import { expect, test, vi } from "vitest";
import { collectProcessMetrics } from "./process-metrics.ts";

test("the process and Node are told of, and nobody watches the collections of its memory", async () => {
  const observe = vi.spyOn(PerformanceObserver.prototype, "observe");
  const registry = new Registry();
  collectProcessMetrics(registry, "x_");
  const told = await registry.metrics();
  for (const name of [
    "process_cpu_seconds_total",
    "nodejs_eventloop_lag_p99_seconds",
    "nodejs_version_info",
  ]) {
    expect(told).toContain(`\nx_${name}`);
  }
  expect(observe).not.toHaveBeenCalled();
  observe.mockRestore();
});
