import { tritonMetrics } from "@bedplate/contract";
import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";
import { exposeStatistics } from "./triton-metrics.ts";

const duration = (count: number, ns: number) => ({ count, ns });
const version = (name: string, count: number) => ({
  name,
  version: "3",
  inference_count: count,
  execution_count: 2,
  pending_count: 1,
  inference_stats: {
    success: duration(count, 5_000_000),
    queue: duration(count, 1_400),
    compute_input: duration(2, 2_000),
    compute_infer: duration(2, 3_000),
    compute_output: duration(2, 4_000),
  },
});

/** Source: Prometheus, "Exposition formats". */
const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_]\w*="([^"\\\n]|\\[\\"n])*",?)*\})? (\S+)$/;

test("what versions counted stands under Triton's names, and is gone with the version", async () => {
  const { registry, tritonFailures } = createMetrics();
  let versions = [version("penguins", 7)];
  exposeStatistics(registry, () => versions);
  tritonFailures.inc({ model: "penguins", version: "3", reason: "REJECTED" });
  const text = await registry.metrics();
  for (const line of [
    'nv_inference_request_success{model="penguins",version="3"} 7',
    'nv_inference_count{model="penguins",version="3"} 7',
    'nv_inference_exec_count{model="penguins",version="3"} 2',
    'nv_inference_request_duration_us{model="penguins",version="3"} 5000',
    'nv_inference_queue_duration_us{model="penguins",version="3"} 1',
    'nv_inference_compute_output_duration_us{model="penguins",version="3"} 4',
    'nv_inference_pending_request_count{model="penguins",version="3"} 1',
    'nv_inference_request_failure{model="penguins",version="3",reason="REJECTED"} 1',
  ]) {
    expect(text.split("\n")).toContain(line);
  }
  // Twice asked is not twice counted.
  expect(await registry.metrics()).toContain('nv_inference_count{model="penguins",version="3"} 7\n');
  versions = [];
  expect(await registry.metrics()).not.toContain("nv_inference_count{");
});

test("every line is one that Prometheus reads, each metric has help and type once, and counters are whole names", async () => {
  const { registry } = createMetrics();
  exposeStatistics(registry, () => [version('a "b"\\\n', 1)]);
  const lines = (await registry.metrics()).split("\n").filter((line) => line !== "");
  const typed = new Map<string, string>();
  for (const line of lines) {
    const [, kind, name = "", type = ""] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (kind === "TYPE") {
      expect(typed.has(name), name).toBe(false);
      typed.set(name, type);
    } else if (kind === undefined) {
      const [, sampleName = "", , , , value] = sample.exec(line) ?? [];
      expect(sampleName, line).not.toBe("");
      expect(value, line).toMatch(/^([+-]?(\d+(\.\d+)?(e[+-]?\d+)?|Inf)|NaN)$/i);
      const isTyped = [...typed.keys()].some((known) => sampleName.startsWith(known));
      expect(isTyped, line).toBe(true);
    }
  }
  for (const { name, type } of Object.values(tritonMetrics)) expect(typed.get(name)).toBe(type);
});
