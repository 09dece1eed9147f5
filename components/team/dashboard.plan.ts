import { builtIn, type Manifest } from "../kubernetes/manifest.plan.ts";
import type { TeamConfig } from "./team-schema.plan.ts";

const panel = (title: string, expression: string, unit: string, index: number) => ({
  id: index + 1,
  title,
  type: "timeseries",
  gridPos: { x: (index % 2) * 12, y: Math.floor(index / 2) * 8, w: 12, h: 8 },
  fieldConfig: { defaults: { unit } },
  targets: [{ refId: "A", expr: expression }],
});

/** The team's folder in Grafana, with a dashboard of what it uses beside what it may. */
export function dashboardManifest({ name, title }: TeamConfig, namespace: string): Manifest {
  const own = `namespace="${namespace}"`;
  const panels = [
    panel("Processors", `sum(rate(container_cpu_usage_seconds_total{${own}}[5m]))`, "short", 0),
    panel("Memory", `sum(container_memory_working_set_bytes{${own}})`, "bytes", 1),
    panel(
      "GPUs that pods hold",
      `sum(kube_pod_container_resource_requests{${own},resource="nvidia_com_gpu"})`,
      "short",
      2,
    ),
    panel("Jobs that wait", `sum(kueue_pending_workloads{cluster_queue="team-${name}"})`, "short", 3),
    panel(
      "Share of the quota",
      `max by (resource) (kube_resourcequota{${own},type="used"} / ignoring(type) kube_resourcequota{${own},type="hard"})`,
      "percentunit",
      4,
    ),
  ];
  const dashboard = {
    uid: `team-${name}`,
    title: `Team ${title || name}`,
    schemaVersion: 41,
    refresh: "1m",
    panels,
  };
  return builtIn(
    "v1",
    "ConfigMap",
    {
      name: "team-dashboard",
      namespace,
      labels: { grafana_dashboard: "1" },
      annotations: { "bedplate.dev/folder": `Team ${title || name}` },
    },
    { data: { "team.json": JSON.stringify(dashboard) } },
  );
}
